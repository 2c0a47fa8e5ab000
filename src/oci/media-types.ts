/** Media types of the OCI image specification (media-types.md) and of Docker's schema 2. */
import { CtrbuildError } from '../errors.ts'
import type { Compression } from './image.ts'

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar'

export const MANIFEST_TYPES: readonly string[] = [
  OCI_MANIFEST,
  'application/vnd.docker.distribution.manifest.v2+json',
]
export const INDEX_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]
export const CONFIG_TYPES: readonly string[] = [OCI_CONFIG, 'application/vnd.docker.container.image.v1+json']

const LAYER_TYPES: ReadonlyMap<string, Compression> = new Map([
  [OCI_LAYER, 'none'],
  [`${OCI_LAYER}+gzip`, 'gzip'],
  [`${OCI_LAYER}+zstd`, 'zstd'],
  ['application/vnd.docker.image.rootfs.diff.tar', 'none'],
  ['application/vnd.docker.image.rootfs.diff.tar.gzip', 'gzip'],
  ['application/vnd.docker.image.rootfs.diff.tar.zstd', 'zstd'],
])

/**
 * How a layer of this media type is compressed (layer.md, "`+gzip` Media Types", "`+zstd` Media Types").
 * @throws CtrbuildError IMAGE_INVALID for a layer that may not or cannot be unpacked, with the reason.
 */
export function compressionOf(mediaType: string): Compression {
  const compression = LAYER_TYPES.get(mediaType)
  if (compression !== undefined) return compression
  const named = `layer media type ${JSON.stringify(mediaType.slice(0, 120))}`
  if (mediaType.includes('foreign') || mediaType.includes('nondistributable')) {
    throw new CtrbuildError(
      'IMAGE_INVALID',
      `${named} is refused: it is kept outside the registry, at an address of the image's choosing`,
    )
  }
  if (mediaType.endsWith('+encrypted')) {
    throw new CtrbuildError('IMAGE_INVALID', `${named} is refused: the layer is encrypted`, {
      hint: 'Decrypt it into a registry or folder of your own first: skopeo copy --decryption-key',
    })
  }
  throw new CtrbuildError('IMAGE_INVALID', `${named} is not a layer of files`, {
    hint: 'ctrbuild unpacks tar layers, plain or compressed by gzip or zstd',
  })
}
