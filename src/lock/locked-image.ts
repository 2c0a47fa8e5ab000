/** From an image's documents to its entry in the lock. */
import { CtrbuildError } from '../errors.ts'
import type { DiffId } from '../oci/digest.ts'
import type { Descriptor, ImageConfig } from '../oci/image.ts'
import { parseImageConfig } from '../oci/image-config.ts'
import { parseManifest } from '../oci/manifest.ts'
import { compressionOf, OCI_LAYER } from '../oci/media-types.ts'
import { formatPlatform } from '../oci/platform.ts'
import type { ResolvedImage } from '../source/types.ts'
import type { ImageSpec } from '../spec/types.ts'
import type { LockedImage, LockedLayer } from './types.ts'

/**
 * The lock's entry for an image.
 * @throws CtrbuildError IMAGE_INVALID where manifest and configuration differ on the number of layers
 *   (config.md, `rootfs.diff_ids`), PLATFORM_MISSING where a lone image is for another platform
 */
export function lockedImage(resolved: ResolvedImage, image: ImageSpec): LockedImage {
  const name = image.reference.text
  const manifest = parseManifest(resolved.manifest.bytes)
  if (manifest.kind === 'index') throw new Error(`${name} was resolved to an index`)
  const config = parseImageConfig(resolved.config.bytes)
  if (resolved.index === undefined) checkPlatform(config, image)
  if (manifest.layers.length !== config.diffIds.length) {
    throw new CtrbuildError(
      'IMAGE_INVALID',
      `${name} has ${manifest.layers.length} layers, but its configuration names ${config.diffIds.length}`,
      { hint: 'Manifest and configuration do not belong together: build and push the image again' },
    )
  }
  const { digest, bytes } = resolved.manifest
  return {
    reference: name,
    platform: formatPlatform(image.platform),
    index: resolved.index?.digest,
    manifest: { digest, size: bytes.length, mediaType: manifest.mediaType },
    config: manifest.config,
    layers: manifest.layers.map((layer, i) => lockedLayer(layer, config.diffIds[i]!)),
  }
}

/**
 * skopeo makes up a manifest for docker-archive: whose layers it calls compressed although they are not. A blob whose
 * digest is its diffID is the tar itself, whatever is said of it.
 */
function lockedLayer(layer: Descriptor, diffId: DiffId): LockedLayer {
  const isTar = (layer.digest as string) === diffId
  const mediaType = isTar && compressionOf(layer.mediaType) !== 'none' ? OCI_LAYER : layer.mediaType
  return { digest: layer.digest, size: layer.size, mediaType, diffId }
}

/** An index says what its manifests are for; an image without one says it itself, if it does. */
function checkPlatform(config: ImageConfig, image: ImageSpec): void {
  const { os, architecture } = image.platform
  const isOther = (config.os || os) !== os || (config.architecture || architecture) !== architecture
  if (!isOther) return
  const found = formatPlatform({ os: config.os, architecture: config.architecture, variant: undefined })
  throw new CtrbuildError(
    'PLATFORM_MISSING',
    `${image.reference.text} has nothing for ${formatPlatform(image.platform)}, only for ${JSON.stringify(found).slice(1, -1)}`,
    { hint: 'Set "platform" of the image in bundles.yaml, or take another image' },
  )
}
