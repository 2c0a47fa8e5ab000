/** Where skopeo's transports keep an image's documents: asked of skopeo, or read from a folder where they lie. */
import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isErrno } from '../errors.ts'
import { type Digest, digestOf, hexOf } from '../oci/digest.ts'
import type { Descriptor } from '../oci/image.ts'
import { DOCUMENT_LIMIT } from '../oci/json-document.ts'
import type { Reference } from '../oci/reference.ts'
import type { ImageSpec } from '../spec/types.ts'
import type { Argv } from '../sys/program.ts'
import type { DocumentReader } from './resolve-image.ts'
import { copyArgv, inspectConfigArgv, inspectManifestArgv, inspectSummaryArgv } from './skopeo-argv.ts'
import { putPlaceholder, type Staging } from './staging.ts'

/** Puts a question to skopeo about one image. */
export type Ask = (argv: Argv) => Promise<Buffer>

/**
 * A registry: a document is asked for by the digest of its manifest. But the configuration that the reference seems to
 * lead to is asked for at once, with `askOnce`, which need not succeed; it counts where the manifest names it.
 */
export function registryReader(image: ImageSpec, ask: Ask, askOnce: Ask): DocumentReader {
  let guess: Buffer | undefined
  return {
    async top() {
      const asking = askOnce(inspectConfigArgv(image)).catch(() => undefined)
      try {
        return await ask(inspectManifestArgv(image))
      } finally {
        guess = await asking
      }
    },
    manifest: entry => ask(inspectManifestArgv(image, entry.digest)),
    async config({ digest }, manifest) {
      if (guess !== undefined && digestOf(guess) === digest) return guess
      return ask(inspectConfigArgv(image, manifest))
    },
  }
}

/** A folder that can be read by digest, once skopeo has said what the reference leads to. */
export function folderReader(image: ImageSpec, ask: Ask, base: string): DocumentReader {
  const { reference } = image
  return {
    top: () => ask(inspectManifestArgv(image)),
    manifest: entry => readSmall(manifestPath(base, reference, entry.digest)),
    config: config => readSmall(blobPath(base, reference, config.digest)),
  }
}

/** An archive, which has one image for skopeo: that of the wanted platform. */
export function archiveReader(image: ImageSpec, ask: Ask, staging: Staging): DocumentReader {
  return {
    top: () => ask(inspectManifestArgv(image)),
    manifest: entry => manifestOfArchive(image, ask, staging, entry),
    config: () => ask(inspectConfigArgv(image)),
  }
}

/** Where a blob lies in an OCI layout (image-layout.md) or in skopeo's `dir:` (containers-transports(5)). */
export function blobPath(base: string, reference: Reference, digest: Digest): string {
  const folder = resolve(base, reference.name)
  return reference.transport === 'oci'
    ? join(folder, 'blobs/sha256', hexOf(digest))
    : join(folder, hexOf(digest))
}

function manifestPath(base: string, reference: Reference, digest: Digest): string {
  const path = blobPath(base, reference, digest)
  return reference.transport === 'oci' ? path : `${path}.manifest.json`
}

async function readSmall(path: string): Promise<Buffer | undefined> {
  try {
    const found = await stat(path)
    return found.isFile() && found.size <= DOCUMENT_LIMIT ? await readFile(path) : undefined
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error
    return undefined
  }
}

/**
 * The manifest that an index in an archive names. Archives cannot be asked by digest, so skopeo copies what it
 * chooses for the platform, without the layers; that it chose the same one is seen by its digest.
 */
async function manifestOfArchive(
  image: ImageSpec,
  ask: Ask,
  staging: Staging,
  entry: Descriptor,
): Promise<Buffer | undefined> {
  const summary: unknown = JSON.parse((await ask(inspectSummaryArgv(image))).toString())
  const layers = summary !== null && typeof summary === 'object' && 'Layers' in summary ? summary.Layers : []
  for (const digest of Array.isArray(layers) ? layers : []) await putPlaceholder(staging, digest)
  await ask(copyArgv(image, undefined, staging.to))
  return readSmall(join(staging.sha256, hexOf(entry.digest)))
}
