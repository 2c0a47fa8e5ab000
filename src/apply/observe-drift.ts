/** Looks for drift in every bundle that stands, and for what has to be imported again because of it. */
import type { DiffId } from '../oci/digest.ts'
import { layerListingRef, readListing, unionListingRef } from '../ostree/listings.ts'
import type { Repo } from '../ostree/types.ts'
import type { Drift } from '../plan/drift.ts'
import type { Stamp, StoreMode } from '../plan/types.ts'
import { openListing } from '../tree/listed.ts'
import { compareBytes, type Dir } from '../tree/node.ts'
import { findDrift } from './drift.ts'
import { rootfsOf } from './rootfs-tree.ts'
import { storedObjects } from './stored-objects.ts'

/** A generation whose files are all in place. */
export interface Standing {
  readonly name: string
  /** Absolute path. */
  readonly generation: string
  readonly stamp: Stamp
}

/** Drift by bundle, and damage that it did to the store. */
export interface ObservedDrift {
  /** By the bundle's name; none where it is as it was made. */
  readonly drift: ReadonlyMap<string, readonly Drift[]>
  /** Layers to import again, with the objects that the store has to forget for that. */
  readonly spoiled: ReadonlyMap<DiffId, readonly string[]>
}

/**
 * Scans root file systems. One that is to be written to has no drift, and one whose tree the store has lost is made
 * anew whatever is in it: these are not looked at.
 */
export function observeDrift(
  repo: Repo & { readonly mode: StoreMode },
  standing: readonly Standing[],
): ObservedDrift {
  const objects = storedObjects(repo)
  // One tree at a time: what lies in memory takes longer to keep there than to read.
  let last: { readonly chainId: string; readonly tree: Dir | undefined } | undefined
  const drift = new Map<string, readonly Drift[]>()
  const spoiled = new Map<DiffId, Set<string>>()
  for (const { name, generation, stamp } of byChain(standing)) {
    if (stamp.spec.rootfs === 'copy') continue
    if (last?.chainId !== stamp.chainId) last = { chainId: stamp.chainId, tree: unionTree(repo, stamp) }
    if (last.tree === undefined) continue
    const found = findDrift(generation, rootfsOf(last.tree, stamp.points), objects, repo.mode)
    if (found.entries.length > 0) drift.set(name, found.entries)
    for (const checksum of found.spoiled) {
      const layer = layerOf(repo, stamp.layers, checksum)
      if (layer !== undefined) spoiled.set(layer, (spoiled.get(layer) ?? new Set()).add(checksum))
    }
  }
  return { drift, spoiled: new Map([...spoiled].map(([layer, set]) => [layer, [...set].sort()])) }
}

function byChain(standing: readonly Standing[]): Standing[] {
  return standing.toSorted((a, b) => compareBytes(a.stamp.chainId, b.stamp.chainId))
}

function unionTree(repo: Repo, { chainId }: Stamp): Dir | undefined {
  const listing = readListing(repo, unionListingRef(chainId))
  return listing === undefined ? undefined : openListing(listing)
}

/** A layer that brings an object. */
function layerOf(repo: Repo, layers: readonly DiffId[], checksum: string): DiffId | undefined {
  return layers.find(diffId => readListing(repo, layerListingRef(diffId))?.includes(`"${checksum}"`))
}
