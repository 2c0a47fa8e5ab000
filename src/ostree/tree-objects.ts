/** A tree as the dirtree and dirmeta objects that libostree would write for it. */
import { type ByteString, type Dir, IMPLIED_META, type Meta } from '../tree/node.ts'
import { checksumOf } from './checksum.ts'
import { type DirEntry, encodeDirMeta, encodeDirTree, type FileEntry } from './objects.ts'
import type { Checksum } from './types.ts'

/** What names a directory with all below it. */
export interface RootChecksums {
  readonly tree: Checksum
  readonly meta: Checksum
}

/** An object that has not been written yet. */
export interface MetadataObject {
  readonly checksum: Checksum
  readonly type: 'dirtree' | 'dirmeta'
  readonly bytes: Buffer
}

/** All the directory objects of a tree. */
export interface TreeObjects extends RootChecksums {
  /** Children before parents, none twice. */
  readonly objects: readonly MetadataObject[]
}

/** A directory's own two objects. */
interface EncodedDir {
  readonly tree: MetadataObject
  readonly meta: MetadataObject
}

/** Directories are values: one that was encoded before, here or in another tree, is not encoded again. */
const encoded = new WeakMap<Dir, EncodedDir>()

/**
 * The objects of a tree, which holds no links to lower layers (see committable). Implied directories are described as
 * libostree's `--tar-autocreate-parents` makes them.
 */
export function treeObjects(root: Dir): TreeObjects {
  const objects = new Map<Checksum, MetadataObject>()
  const metas = new Map<string, MetadataObject>()
  const { tree, meta } = walk(root, objects, metas)
  return { tree: tree.checksum, meta: meta.checksum, objects: [...objects.values()] }
}

function walk(
  dir: Dir,
  objects: Map<Checksum, MetadataObject>,
  metas: Map<string, MetadataObject>,
): EncodedDir {
  const known = encoded.get(dir)
  if (known !== undefined && objects.has(known.tree.checksum) && objects.has(known.meta.checksum))
    return known
  const below = new Map<ByteString, EncodedDir>()
  for (const [name, node] of dir.children) {
    if (node.kind === 'dir') below.set(name, walk(node, objects, metas))
  }
  const made = known ?? encodeDir(dir, below, metas)
  encoded.set(dir, made)
  objects.set(made.tree.checksum, made.tree)
  objects.set(made.meta.checksum, made.meta)
  return made
}

function encodeDir(
  dir: Dir,
  below: ReadonlyMap<ByteString, EncodedDir>,
  metas: Map<string, MetadataObject>,
): EncodedDir {
  const files: FileEntry[] = []
  const dirs: DirEntry[] = []
  for (const name of [...dir.children.keys()].sort()) {
    const node = dir.children.get(name)!
    if (node.kind === 'link' || node.kind === 'special')
      throw new Error('neither a hard link to a lower layer nor a device can be committed')
    if (node.kind !== 'dir') files.push([name, node.checksum as Checksum])
    else dirs.push([name, below.get(name)!.tree.checksum, below.get(name)!.meta.checksum])
  }
  const bytes = encodeDirTree(files, dirs)
  const tree: MetadataObject = { checksum: checksumOf(bytes), type: 'dirtree', bytes }
  return { tree, meta: encodeMeta(dir.implied ? IMPLIED_META : dir.meta, metas) }
}

/** Few directories differ in owner and mode. */
function encodeMeta(meta: Meta, metas: Map<string, MetadataObject>): MetadataObject {
  const key = meta.xattrs.length === 0 ? `${meta.uid} ${meta.gid} ${meta.mode}` : undefined
  const known = key === undefined ? undefined : metas.get(key)
  if (known !== undefined) return known
  const bytes = encodeDirMeta(meta)
  const made: MetadataObject = { checksum: checksumOf(bytes), type: 'dirmeta', bytes }
  if (key !== undefined) metas.set(key, made)
  return made
}
