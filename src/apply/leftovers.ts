/** What is of no use any more: half-made things of applies that were killed, and blobs that were imported. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type DiffId, hexOf } from '../oci/digest.ts'
import { layerRef } from '../ostree/commits.ts'
import { layerListingRef } from '../ostree/listings.ts'
import { readRef } from '../ostree/refs.ts'
import { openRepo } from '../ostree/repo.ts'
import { sweepStages } from '../ostree/stage.ts'
import type { Repo } from '../ostree/types.ts'
import { sweepStaging } from '../source/staging.ts'
import { sweepDrafts } from './generations.ts'
import { blobsIn } from './observe.ts'
import type { Places } from './places.ts'

/**
 * Removes what killed applies left. Call it with the store's lock held: nobody uses any of it then.
 * @throws CtrbuildError REPO_INVALID; the operating system's errors
 */
export async function removeLeftovers({ blobs, repo, out }: Places): Promise<void> {
  await sweepStaging(blobs)
  sweepStages(repo)
  sweepDrafts(out)
  const opened = openRepo(repo)
  if (opened !== undefined) dropImportedBlobs(blobs, opened)
}

/** Removes the blobs of layers that the repository has. A blob is named by its digest or, uncompressed, by its diffID. */
export function dropImportedBlobs(blobs: string, repo: Repo): void {
  for (const digest of blobsIn(blobs)) {
    const refs = [layerRef(digest), layerListingRef(digest as string as DiffId)]
    if (refs.some(ref => readRef(repo, ref) !== undefined))
      rmSync(join(blobs, 'sha256', hexOf(digest)), { force: true })
  }
}
