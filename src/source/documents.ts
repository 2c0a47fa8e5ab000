/** Manifests, indexes and configurations on disk, by digest. What is damaged is as good as not there. */
import { mkdir, rm } from 'node:fs/promises'
import { isErrno } from '../errors.ts'
import { type Digest, digestOf, hexOf } from '../oci/digest.ts'
import { diskError } from '../sys/failure.ts'

/** Small documents, named by the digest of their bytes. */
export interface DocumentStore {
  get(digest: Digest): Promise<Buffer | undefined>
  put(bytes: Buffer): Promise<Digest>
}

/** Documents kept by cacache in a folder that need not be there yet. */
export function documentStore(folder: string): DocumentStore {
  return {
    async get(digest) {
      const cacache = await loadCacache()
      try {
        return await cacache.get.byDigest(folder, integrityOf(digest))
      } catch (error) {
        if (isErrno(error, 'ENOENT')) return undefined
        if (!isErrno(error, 'EINTEGRITY', 'EBADSIZE'))
          throw diskError(error, 'cannot read the document cache')
        await cacache.rm.content(folder, integrityOf(digest))
        return undefined
      }
    },
    async put(bytes) {
      const cacache = await loadCacache()
      const digest = digestOf(bytes)
      try {
        // The first document may be what makes the store, which is its owner's alone.
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await cacache.put(folder, digest, bytes, { algorithms: ['sha256'] })
      } catch (error) {
        throw diskError(error, 'cannot write the document cache')
      }
      return digest
    },
  }
}

/** Most commands need no document, and loading cacache takes longer than they do. */
async function loadCacache() {
  return (await import('cacache')).default
}

/** A digest as cacache writes it: Subresource Integrity, in base 64. */
function integrityOf(digest: Digest): string {
  return `sha256-${Buffer.from(hexOf(digest), 'hex').toString('base64')}`
}

/** A document that nobody asks for any more. */
export interface UnusedDocument {
  readonly digest: string
  /** Absolute path of its content. */
  readonly path: string
}

/** Documents of a folder that are not wanted, and were put there before a time (milliseconds since 1970). */
export async function unusedDocuments(
  folder: string,
  wanted: ReadonlySet<Digest>,
  before: number,
): Promise<UnusedDocument[]> {
  const cacache = await loadCacache()
  const entries = await cacache.ls(folder).catch(error => {
    throw diskError(error, 'cannot read the document cache')
  })
  return Object.values(entries)
    .filter(({ key, time }) => !wanted.has(key as Digest) && time < before)
    .map(({ key, path }) => ({ digest: key, path }))
}

/** Removes documents, and what says where they are. */
export async function removeDocuments(folder: string, documents: readonly UnusedDocument[]): Promise<void> {
  const cacache = await loadCacache()
  // Its types lag behind: without this, an entry stays that says that there is none.
  const removeEntry = cacache.rm.entry as (
    folder: string,
    key: string,
    options: { removeFully: boolean },
  ) => Promise<unknown>
  for (const { digest, path } of documents) {
    await removeEntry(folder, digest, { removeFully: true })
    await rm(path, { force: true })
  }
}
