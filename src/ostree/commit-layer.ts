/** A layer that was read, as objects with names: its tree, its listing, and the commits that hold them. */
import type { DiffId, Digest } from '../oci/digest.ts'
import { encodeListing } from '../tree/listing.ts'
import { layerCommit, layerRef } from './commits.ts'
import type { ImportedLayer } from './import-layer.ts'
import { layerListingRef, putListing } from './listings.ts'
import type { ObjectWriter } from './object-writer.ts'
import type { Checksum } from './types.ts'
import { putCommit, putTree } from './write.ts'

/** What names a layer, and the bytes of its blob. */
export interface LayerNames {
  readonly digest: Digest
  readonly diffId: DiffId
  readonly size: number
}

/**
 * Stages a layer's directories and commits, and its listing, which has the dirtrees of its directories.
 * @returns the refs to write, when all objects are durable
 */
export function commitLayer(
  writer: ObjectWriter,
  layer: LayerNames,
  read: ImportedLayer,
): ReadonlyMap<string, Checksum> {
  const root = putTree(writer, read.root)
  const listing = encodeListing(read.root, dir => writer.stored.get(dir))
  return new Map([
    [layerListingRef(layer.diffId), putListing(writer, listing)],
    [layerRef(layer.digest), putCommit(writer, layerCommit({ ...layer, ...read, root }))],
  ])
}
