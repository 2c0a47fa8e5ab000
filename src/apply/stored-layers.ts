/** The layers that a store has, as their commits describe them. */
import type { DiffId, Digest } from '../oci/digest.ts'
import { readCommit } from '../ostree/read.ts'
import type { Checksum, Repo } from '../ostree/types.ts'

/** A layer in the store. */
export interface StoredLayer {
  /** Of the blob that it was imported from. */
  readonly digest: Digest
  readonly diffId: DiffId
  /** Bytes of that blob. */
  readonly size: number
  /** Bytes of the uncompressed tar. */
  readonly uncompressedSize: number
}

/**
 * Every layer of a store, in the order of their refs.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function storedLayers(repo: Repo, refs: ReadonlyMap<string, Checksum>): StoredLayer[] {
  return [...refs].flatMap(([ref, commit]) => {
    const hex = /^ociimage\/([0-9a-f]{64})$/.exec(ref)?.[1]
    if (hex === undefined) return []
    const { metadata } = readCommit(repo, commit)
    const diffId = metadata['docker.uncompressed_digest']
    if (typeof diffId !== 'string') return []
    return [
      {
        digest: `sha256:${hex}` as Digest,
        diffId: diffId as DiffId,
        size: Number(metadata['docker.size']),
        uncompressedSize: Number(metadata['docker.uncompressed_size']),
      },
    ]
  })
}
