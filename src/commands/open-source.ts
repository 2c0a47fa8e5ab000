/**
 * Where images come from: registries, local places and OSTree repositories, behind the documents that are known already.
 * What reads them is loaded when it is asked: an apply that finds nothing to do asks for no more than known documents.
 */
import type { Places } from '../apply/places.ts'
import { CtrbuildError } from '../errors.ts'
import type { Event } from '../report/events.ts'
import { type CachedSource, cachedSource } from '../source/cached.ts'
import type { DocumentStore } from '../source/documents.ts'
import { readDocument } from '../source/read-document.ts'
import type { ImageSource } from '../source/types.ts'
import type { ImageSpec } from '../spec/types.ts'

/** Registries and local images. `tell` hears of each time that one is asked again. */
export function openSource(
  places: Places,
  offline: boolean,
  tell: (event: Event) => void = () => {},
): CachedSource {
  const skopeo = loadedOnce(async () => {
    const { skopeoSource } = await import('../source/skopeo.ts')
    return skopeoSource({
      blobs: places.blobs,
      base: places.base,
      onRetry: (image, error, attempt, milliseconds) => tell(retryEvent(image, error, attempt, milliseconds)),
    })
  })
  const ostree = loadedOnce(async () => {
    const { ostreeSource } = await import('../apply/ostree-images.ts')
    return ostreeSource(places, tell)
  })
  const of = ({ reference }: ImageSpec) => (reference.transport === 'ostree' ? ostree : skopeo)()
  const source: ImageSource = {
    resolve: async (image, signal) => (await of(image)).resolve(image, signal),
    fetch: async (image, ...rest) => (await of(image)).fetch(image, ...rest),
  }
  return cachedSource(source, knownDocuments(places.documents), { offline })
}

function knownDocuments(folder: string): DocumentStore {
  const store = loadedOnce(async () => (await import('../source/documents.ts')).documentStore(folder))
  return {
    get: async digest => readDocument(folder, digest) ?? (await store()).get(digest),
    put: async bytes => (await store()).put(bytes),
  }
}

function loadedOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined
  return () => {
    loaded ??= load()
    return loaded
  }
}

function retryEvent({ reference }: ImageSpec, error: Error, attempt: number, milliseconds: number): Event {
  const code = error instanceof CtrbuildError ? error.code : 'FAILED'
  const seconds = milliseconds / 1000
  return { kind: 'retry', image: reference.text, attempt, seconds, code, message: error.message }
}
