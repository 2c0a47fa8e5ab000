/** A source that remembers documents: what a digest names is never asked for twice. */
import { CtrbuildError } from '../errors.ts'
import type { LockedImage } from '../lock/types.ts'
import type { Digest } from '../oci/digest.ts'
import type { Reference } from '../oci/reference.ts'
import type { ImageSpec } from '../spec/types.ts'
import type { DocumentStore } from './documents.ts'
import { resolveImage } from './resolve-image.ts'
import type { ImageSource, ResolvedImage } from './types.ts'

/** The documents of an image whose digests are known. */
export type LockedDocuments = Pick<ResolvedImage, 'manifest' | 'config'>

/** A source that also knows what was locked. */
export interface CachedSource extends ImageSource {
  /**
   * Manifest and configuration of a locked image, from the store, or else from the source by digest.
   * @throws CtrbuildError OFFLINE, DIGEST_MISMATCH where a local image is another one now; as resolve
   */
  documents(image: ImageSpec, locked: LockedImage, signal: AbortSignal): Promise<LockedDocuments>
}

/**
 * Puts a document store before a source. A tag is asked of the source each time, a digest only once. Offline,
 * registries are not asked at all; images in local files and folders are read as ever.
 */
export function cachedSource(
  source: ImageSource,
  store: DocumentStore,
  options: { offline: boolean },
): CachedSource {
  const resolve = async (image: ImageSpec, signal: AbortSignal) => {
    const known =
      image.reference.digest === undefined ? undefined : await fromStore(store, image, image.reference.digest)
    if (known !== undefined) return known
    refuseOffline(options.offline, image.reference, 'what it names is not known')
    const resolved = await source.resolve(image, signal)
    await keep(store, resolved)
    return resolved
  }
  return {
    resolve,
    async fetch(image, locked, layers, observer, signal) {
      const missing = new Set(layers.map(layer => layer.digest)).size
      if (missing > 0)
        refuseOffline(options.offline, image.reference, `${missing} of its layers are not in the store`)
      await source.fetch(image, locked, layers, observer, signal)
    },
    async documents(image, locked, signal) {
      const known = await lockedFromStore(store, locked)
      if (known !== undefined) return known
      const resolved = await resolve(pinned(image, locked.manifest.digest), signal)
      if (resolved.manifest.digest !== locked.manifest.digest) throw changed(image, locked, resolved)
      return resolved
    },
  }
}

function fromStore(
  store: DocumentStore,
  image: ImageSpec,
  digest: Digest,
): Promise<ResolvedImage | undefined> {
  return resolveImage(image, {
    top: () => store.get(digest),
    manifest: entry => store.get(entry.digest),
    config: config => store.get(config.digest),
  })
}

async function lockedFromStore(
  store: DocumentStore,
  locked: LockedImage,
): Promise<LockedDocuments | undefined> {
  const [manifest, config] = await Promise.all([
    store.get(locked.manifest.digest),
    store.get(locked.config.digest),
  ])
  if (manifest === undefined || config === undefined) return undefined
  return {
    manifest: { digest: locked.manifest.digest, bytes: manifest },
    config: { digest: locked.config.digest, bytes: config },
  }
}

async function keep(store: DocumentStore, resolved: ResolvedImage): Promise<void> {
  const documents = [resolved.index, resolved.manifest, resolved.config]
  await Promise.all(documents.map(document => document && store.put(document.bytes)))
}

/** Only registries can be asked by digest; local names lead to whatever is there now. */
function pinned(image: ImageSpec, digest: Digest): ImageSpec {
  if (image.reference.transport !== 'docker') return image
  return { ...image, reference: { ...image.reference, digest } }
}

function refuseOffline(isOffline: boolean, reference: Reference, why: string): void {
  if (!isOffline || reference.transport !== 'docker') return
  throw new CtrbuildError('OFFLINE', `image ${reference.text} is wanted offline, but ${why}`, {
    hint: 'Run ctrbuild once without --offline',
  })
}

function changed(image: ImageSpec, locked: LockedImage, found: ResolvedImage): CtrbuildError {
  return new CtrbuildError(
    'DIGEST_MISMATCH',
    `${image.reference.text} is another image than when it was locked\n  locked ${locked.manifest.digest}\n   found ${found.manifest.digest}`,
    { hint: 'Run "ctrbuild lock --upgrade" to accept it' },
  )
}
