/** The union of a stack of layers: from the store, or computed once and committed. */

import { CtrbuildError } from '../errors.ts'
import { type ChainId, type DiffId, hexOf } from '../oci/digest.ts'
import { rootfsCommit, rootfsRef } from '../ostree/commits.ts'
import { layerListingRef, putListing, readListing, unionListingRef } from '../ostree/listings.ts'
import { readCommit } from '../ostree/read.ts'
import { readRef } from '../ostree/refs.ts'
import { putCommit, putTree } from '../ostree/write.ts'
import type { MergeStep } from '../plan/types.ts'
import { decodeListing, encodeListing } from '../tree/listing.ts'
import type { Dir } from '../tree/node.ts'
import { settle } from '../tree/settle.ts'
import { countTree } from '../tree/stats.ts'
import { union, unionAdd } from '../tree/union.ts'
import type { Union, Work } from './work.ts'

/** Performs a merge step: the union is computed, staged and committed. */
export async function mergeLayers(work: Work, { chain, chainId }: MergeStep): Promise<void> {
  const began = work.now()
  const settled = settle(chain.map(diffId => layerTree(work, diffId)))
  const topDown = work.plan.bundles.some(
    bundle => bundle.chainId === chainId && bundle.spec.checkout === 'union-add',
  )
  const root = topDown ? unionAdd(settled) : union(settled)
  const { tree, meta } = putTree(work.writer, root)
  work.unions.set(chainId, { root, tree, meta })
  work.refs.set(rootfsRef(chainId), putCommit(work.writer, rootfsCommit({ chainId, chain, tree, meta })))
  work.refs.set(unionListingRef(chainId), putListing(work.writer, encodeListing(root)))
  const seconds = (work.now() - began) / 1000
  work.reporter.event({
    kind: 'merged',
    chain: hexOf(chainId).slice(0, 12),
    entries: countTree(root).entries,
    seconds,
  })
}

/**
 * The union of a chain, from this apply or from the store.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function unionOf(work: Work, chainId: ChainId): Union {
  const known = work.unions.get(chainId)
  if (known !== undefined) return known
  const { repo } = work.stage
  const commit = readRef(repo, rootfsRef(chainId))
  const listing = readListing(repo, unionListingRef(chainId))
  if (commit === undefined || listing === undefined) throw gone(rootfsRef(chainId))
  const { tree, meta } = readCommit(repo, commit)
  const found = { root: decodeListing(listing), tree, meta }
  work.unions.set(chainId, found)
  return found
}

function layerTree(work: Work, diffId: DiffId): Dir {
  const known = work.layers.get(diffId)
  if (known !== undefined) return known
  const ref = layerListingRef(diffId)
  const listing = readListing(work.stage.repo, ref)
  if (listing === undefined) throw gone(ref)
  const tree = decodeListing(listing)
  work.layers.set(diffId, tree)
  return tree
}

function gone(ref: string): CtrbuildError {
  return new CtrbuildError('OBJECT_DAMAGED', `the store has lost ${ref}`, {
    hint: 'Plan again: what is missing is fetched anew',
  })
}
