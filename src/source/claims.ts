/** Who fetches which blob: within one process, a blob that several images miss is fetched once. */
import type { Digest } from '../oci/digest.ts'

/** Path of a blob that another fetch brought, or undefined where that fetch ended without it. */
export type Claimed = Promise<string | undefined>

export interface Claims {
  /** Undefined when the blob is now the caller's to bring; otherwise what whoever brings it will come to. */
  take(digest: Digest): Claimed | undefined
  /** Ends a claim of the caller's: with the blob's path, or without. */
  settle(digest: Digest, path: string | undefined): void
}

/** Nothing claimed yet. */
export function newClaims(): Claims {
  const pending = new Map<
    Digest,
    { readonly claimed: Claimed; readonly settle: (path: string | undefined) => void }
  >()
  return {
    take(digest) {
      const theirs = pending.get(digest)
      if (theirs !== undefined) return theirs.claimed
      let settle!: (path: string | undefined) => void
      const claimed: Claimed = new Promise(resolve => {
        settle = resolve
      })
      pending.set(digest, { claimed, settle })
      return undefined
    },
    settle(digest, path) {
      pending.get(digest)?.settle(path)
      pending.delete(digest)
    },
  }
}
