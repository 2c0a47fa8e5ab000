/** A layer that was read, as objects with names: its tree, its listing, and the commits that hold them. */
import { encodeListing } from '../tree/listing.ts'
import { layerCommit, layerRef } from './commits.ts'
import type { ImportedLayer, LayerBlob } from './import-layer.ts'
import { layerListingRef, putListing } from './listings.ts'
import type { ObjectWriter } from './object-writer.ts'
import type { Checksum } from './types.ts'
import { putCommit, putTree } from './write.ts'

/**
 * Stages a layer's directories, its listing, and the commits of both.
 * @returns the refs to write, when all objects are durable
 */
export function commitLayer(
  writer: ObjectWriter,
  layer: Pick<LayerBlob, 'digest' | 'diffId' | 'size'>,
  read: ImportedLayer,
): ReadonlyMap<string, Checksum> {
  const root = putTree(writer, read.root)
  return new Map([
    [layerListingRef(layer.diffId), putListing(writer, encodeListing(read.root))],
    [layerRef(layer.digest), putCommit(writer, layerCommit({ ...layer, ...read, root }))],
  ])
}
