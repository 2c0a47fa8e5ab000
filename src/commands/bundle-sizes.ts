/** Sizes of the bundles that stand, from the listings of their trees. */

import type { Places } from '../apply/places.ts'
import { type Sizes, sizesOf } from '../apply/sizes.ts'
import type { ChainId } from '../oci/digest.ts'
import { readListing, unionListingRef } from '../ostree/listings.ts'
import { openRepo } from '../ostree/repo.ts'
import type { Stamp } from '../plan/types.ts'
import { decodeListing } from '../tree/listing.ts'
import type { Dir } from '../tree/node.ts'

/**
 * Sizes of the bundles with these stamps; those whose tree the store has lost are left out.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function bundleSizes(places: Places, stamps: readonly Stamp[]): Sizes {
  const repo = openRepo(places.repo)
  const trees = new Map<ChainId, Dir>()
  for (const chainId of new Set(stamps.map(stamp => stamp.chainId))) {
    const listing = repo === undefined ? undefined : readListing(repo, unionListingRef(chainId))
    if (listing !== undefined) trees.set(chainId, decodeListing(listing))
  }
  const whole = stamps.filter(({ chainId }) => trees.has(chainId))
  return sizesOf(new Map(whole.map(({ name, chainId }) => [name, chainId])), trees)
}
