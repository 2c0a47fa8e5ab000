/**
 * Listings: a tree as one file, committed beside the tree itself.
 *
 * A listing is read back in milliseconds where walking the tree's objects takes thousands of reads, and it holds what an
 * OSTree tree cannot: which directories a layer only implies, and hard links to layers below. Without its listing a
 * layer counts as not imported.
 */
import { isAscii } from 'node:buffer'
import { createHash } from 'node:crypto'
import { type ChainId, type DiffId, hexOf } from '../oci/digest.ts'
import { type File, IMPLIED_META, type Meta } from '../tree/node.ts'
import { contentHeader } from './content.ts'
import { type ObjectWriter, putFile } from './object-writer.ts'
import { readCommit, readContentOf, readDirTree } from './read.ts'
import { readRef } from './refs.ts'
import type { RootChecksums } from './tree-objects.ts'
import type { Checksum, Repo } from './types.ts'
import { putCommit, putTree } from './write.ts'

const FILE = 'listing.json'
const META: Meta = { uid: 0, gid: 0, mode: 0o644, xattrs: [] }
/** Bytes of the largest listing that is read: that of a layer with five million entries. */
const LARGEST = 1 << 30

/** The ref of a layer's listing. */
export function layerListingRef(diffId: DiffId): string {
  return `ctrbuild/layer/${hexOf(diffId)}`
}

/** The ref of the listing of a stack's union. */
export function unionListingRef(chainId: ChainId): string {
  return `ctrbuild/union/${hexOf(chainId)}`
}

/** Stages a listing and its commit. */
export function putListing(writer: ObjectWriter, listing: string): Checksum {
  return putCommit(writer, putSingleFile(writer, FILE, Buffer.from(listing)))
}

/** Stages a tree that holds one file. */
export function putSingleFile(
  writer: ObjectWriter,
  name: string,
  content: Buffer,
  rootMeta: Meta = IMPLIED_META,
): RootChecksums {
  const checksum = createHash('sha256').update(contentHeader(META)).update(content).digest('hex') as Checksum
  putFile(writer, checksum, META, [content])
  const file: File = { kind: 'file', meta: META, size: content.length, checksum }
  return putTree(writer, { kind: 'dir', meta: rootMeta, implied: false, children: new Map([[name, file]]) })
}

/**
 * Reads a listing back.
 * @returns undefined where the ref is not there
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function readListing(repo: Repo, ref: string): string | undefined {
  const commit = readRef(repo, ref)
  if (commit === undefined) return undefined
  const { files } = readDirTree(repo, readCommit(repo, commit).tree)
  const file = files.find(([name]) => name === FILE)
  if (file === undefined) return undefined
  const bytes = readContentOf(repo, file[1], META, LARGEST)
  // Decoding a megabyte of UTF-8 takes as long as parsing it then, and names are seldom other than ASCII.
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8')
}
