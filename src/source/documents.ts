/** Manifests, indexes and configurations on disk, by digest. What is damaged is as good as not there. */
import { mkdir } from 'node:fs/promises'
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
