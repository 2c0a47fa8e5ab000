/** From a reference to an image's documents: index, manifest and configuration, each checked as it comes. */
import { CtrbuildError } from '../errors.ts'
import { type Digest, digestOf } from '../oci/digest.ts'
import type { Descriptor } from '../oci/image.ts'
import { parseManifest } from '../oci/manifest.ts'
import { selectPlatform } from '../oci/select-platform.ts'
import type { ImageSpec } from '../spec/types.ts'
import type { ResolvedImage } from './types.ts'

/** Reads documents from one place. Undefined means that the place does not have it. */
export interface DocumentReader {
  /** What the reference leads to. */
  top(): Promise<Buffer | undefined>
  /** A manifest that the index names. */
  manifest(entry: Descriptor): Promise<Buffer | undefined>
  /** The configuration that a manifest names; the manifest's own digest where it is needed to ask for it. */
  config(config: Descriptor, manifest: Digest): Promise<Buffer | undefined>
}

/**
 * Follows a reference to its documents. Undefined where one of them is not there.
 * @throws CtrbuildError DIGEST_MISMATCH, PLATFORM_MISSING, IMAGE_INVALID, DIGEST_INVALID
 */
export async function resolveImage(
  image: ImageSpec,
  read: DocumentReader,
): Promise<ResolvedImage | undefined> {
  const name = image.reference.text
  const top = await read.top()
  if (top === undefined) return undefined
  const digest = digestOf(top)
  if (image.reference.digest !== undefined) checkDigest(`what ${name} names`, image.reference.digest, digest)

  const document = parseManifest(top)
  if (document.kind === 'manifest') return withConfig(name, read, { digest, bytes: top })
  const entry = selectPlatform(document, image.platform, name)
  const bytes = await read.manifest(entry)
  if (bytes === undefined) return undefined
  check(`the manifest of ${name}`, entry, bytes)
  const resolved = await withConfig(name, read, { digest: entry.digest, bytes })
  return resolved && { ...resolved, index: { digest, bytes: top } }
}

async function withConfig(
  name: string,
  read: DocumentReader,
  manifest: ResolvedImage['manifest'],
): Promise<ResolvedImage | undefined> {
  const document = parseManifest(manifest.bytes)
  if (document.kind === 'index')
    throw new CtrbuildError('IMAGE_INVALID', `${name} is an index within an index`)
  const bytes = await read.config(document.config, manifest.digest)
  if (bytes === undefined) return undefined
  check(`the configuration of ${name}`, document.config, bytes)
  return { index: undefined, manifest, config: { digest: document.config.digest, bytes } }
}

const HINT = 'It is damaged where it is kept, or changed on its way: push or save the image again'

function check(what: string, descriptor: Descriptor, bytes: Buffer): void {
  checkDigest(what, descriptor.digest, digestOf(bytes))
  if (bytes.length !== descriptor.size) {
    throw new CtrbuildError(
      'DIGEST_MISMATCH',
      `${what} has ${bytes.length} bytes, but ${descriptor.size} were promised`,
      { hint: HINT },
    )
  }
}

function checkDigest(what: string, wanted: Digest, found: Digest): void {
  if (wanted === found) return
  throw new CtrbuildError(
    'DIGEST_MISMATCH',
    `${what} has another digest\n  wanted ${wanted}\n   found ${found}`,
    { hint: HINT },
  )
}
