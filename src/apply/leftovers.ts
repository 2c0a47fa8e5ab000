/** What is of no use any more: half-made things of applies that were killed, and blobs that were imported. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type DiffId, hexOf } from '../oci/digest.ts'
import { layerRef } from '../ostree/commits.ts'
import { layerListingRef } from '../ostree/listings.ts'
import { readRef } from '../ostree/refs.ts'
import { openRepo } from '../ostree/repo.ts'
import { stagesLeft } from '../ostree/stage.ts'
import type { Repo } from '../ostree/types.ts'
import { stagingLeft } from '../source/staging.ts'
import { draftsLeft, removeTree } from './generations.ts'
import { blobsIn } from './observe.ts'
import type { Places } from './places.ts'

/**
 * What killed applies left. Call it with the store's lock held: nobody uses any of it then.
 * @throws CtrbuildError REPO_INVALID; the operating system's errors
 */
export async function leftoversOf({ blobs, repo, out }: Places): Promise<string[]> {
  const opened = openRepo(repo)
  return [
    ...(await stagingLeft(blobs)),
    ...stagesLeft(repo),
    ...draftsLeft(out),
    ...(opened === undefined ? [] : importedBlobs(blobs, opened)),
  ]
}

/** Removes what killed applies left, as `leftoversOf` finds it. */
export async function removeLeftovers(places: Places): Promise<void> {
  for (const path of await leftoversOf(places)) removeTree(path)
}

/** Removes the blobs of layers that the repository has. */
export async function dropImportedBlobs(blobs: string, repo: Repo): Promise<void> {
  await Promise.all(importedBlobs(blobs, repo).map(path => rm(path, { force: true })))
}

/** A blob is named by its digest or, uncompressed, by its diffID. */
function importedBlobs(blobs: string, repo: Repo): string[] {
  return [...blobsIn(blobs)]
    .filter(digest =>
      [layerRef(digest), layerListingRef(digest as string as DiffId)].some(
        ref => readRef(repo, ref) !== undefined,
      ),
    )
    .map(digest => join(blobs, 'sha256', hexOf(digest)))
}
