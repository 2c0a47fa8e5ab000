/** What skopeo is called with, as values. Options and names are those of skopeo 1.9 and later. */
import type { Digest } from '../oci/digest.ts'
import type { Reference } from '../oci/reference.ts'
import type { ImageSpec } from '../spec/types.ts'
import type { Argv } from '../sys/program.ts'

/** Where a copy puts things: names relative to the folder that skopeo is run in, without a colon. */
export interface CopyTo {
  /** Blobs land here as `sha256/HEX`. */
  readonly blobs: string
  /** The rest of the layout, and blobs that are still on their way. */
  readonly layout: string
}

/** Prints the manifest or index that a name leads to, byte for byte. */
export function inspectManifestArgv(image: ImageSpec, digest?: Digest): Argv {
  return [
    'skopeo',
    ...timeLimit(image),
    'inspect',
    '--raw',
    ...tls(image, 'tls-verify'),
    skopeoName(image.reference, digest),
  ]
}

/** Prints the configuration of an image, byte for byte: without a digest, of the one that skopeo chooses. */
export function inspectConfigArgv(image: ImageSpec, digest?: Digest): Argv {
  return [
    'skopeo',
    ...timeLimit(image),
    ...(digest === undefined ? platformOf(image) : choice(image)),
    'inspect',
    '--config',
    '--raw',
    ...tls(image, 'tls-verify'),
    skopeoName(image.reference, digest),
  ]
}

/** Prints a summary in JSON, among it the digests of the layers of the image that skopeo chooses. */
export function inspectSummaryArgv(image: ImageSpec): Argv {
  return ['skopeo', ...choice(image), 'inspect', '--no-tags', skopeoName(image.reference)]
}

/**
 * Copies an image's layers as they are. Signatures are checked by skopeo as the machine's policy says, and not copied,
 * since a layout on disk has no place for them.
 */
export function copyArgv(image: ImageSpec, digest: Digest | undefined, to: CopyTo): Argv {
  return [
    'skopeo',
    ...choice(image),
    'copy',
    '--quiet',
    '--remove-signatures',
    ...tls(image, 'src-tls-verify'),
    `--dest-shared-blob-dir=${to.blobs}`,
    '--dest-oci-accept-uncompressed-layers',
    skopeoName(image.reference, digest),
    `oci:${to.layout}:image`,
  ]
}

/**
 * A reference in skopeo's words (containers-transports(5)). A digest takes the place of a tag, since skopeo refuses
 * a name with both.
 */
export function skopeoName(reference: Reference, digest: Digest | undefined = reference.digest): string {
  const { transport, name, tag } = reference
  const suffix = digest !== undefined ? `@${digest}` : tag !== undefined ? `:${tag}` : ''
  return `${transport}:${transport === 'docker' ? '//' : ''}${name}${suffix}`
}

/** A registry that takes a question and never answers must not hold a build for ever. */
function timeLimit(image: ImageSpec): readonly string[] {
  return image.reference.transport === 'docker' ? ['--command-timeout=60s'] : []
}

/** Only a name that leads to an index needs a choice, and a digest in a registry does not lead there. */
function choice(image: ImageSpec): readonly string[] {
  return image.reference.transport === 'docker' ? [] : platformOf(image)
}

function platformOf(image: ImageSpec): readonly string[] {
  const { os, architecture, variant } = image.platform
  const argv = [`--override-os=${os}`, `--override-arch=${architecture}`]
  return variant === undefined ? argv : [...argv, `--override-variant=${variant}`]
}

function tls(image: ImageSpec, option: string): readonly string[] {
  return image.insecure && image.reference.transport === 'docker' ? [`--${option}=false`] : []
}
