/** A tree as the dirtree and dirmeta objects that libostree would write for it. */
import { type Dir, IMPLIED_META, type Meta } from '../tree/node.ts'
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

/** Directories whose objects are staged or in the repository, with those of all below them, and their dirtrees. */
export type StoredTrees = WeakMap<Dir, Checksum>

/** The directory objects of a tree. */
export interface TreeObjects extends RootChecksums {
  /** Children before parents, none twice. */
  readonly objects: readonly MetadataObject[]
}

interface Walk {
  readonly stored: StoredTrees
  readonly objects: Map<Checksum, MetadataObject>
  readonly metas: Map<string, MetadataObject>
}

/**
 * The objects of a tree, which holds no links to lower layers (see committable), without what is in directories that are
 * stored. Whoever stages them has all of the tree in `stored`. Implied directories are described as libostree's
 * `--tar-autocreate-parents` makes them.
 */
export function treeObjects(root: Dir, stored: StoredTrees = new WeakMap()): TreeObjects {
  const at: Walk = { stored, objects: new Map(), metas: new Map() }
  const { tree, meta } = walk(at, root)
  return { tree, meta, objects: [...at.objects.values()] }
}

function walk(at: Walk, dir: Dir): RootChecksums {
  const { checksum: meta } = encodeMeta(at, dir)
  const known = at.stored.get(dir)
  if (known !== undefined) return { tree: known, meta }
  const { checksum: tree, bytes } = encodeDir(at, dir)
  at.objects.set(tree, { checksum: tree, type: 'dirtree', bytes })
  at.stored.set(dir, tree)
  return { tree, meta }
}

function encodeDir(at: Walk, dir: Dir): { readonly checksum: Checksum; readonly bytes: Buffer } {
  const files: FileEntry[] = []
  const dirs: DirEntry[] = []
  for (const name of [...dir.children.keys()].sort()) {
    const node = dir.children.get(name)!
    if (node.kind === 'link' || node.kind === 'special')
      throw new Error('neither a hard link to a lower layer nor a device can be committed')
    if (node.kind !== 'dir') files.push([name, node.checksum as Checksum])
    else {
      const { tree, meta } = walk(at, node)
      dirs.push([name, tree, meta])
    }
  }
  const bytes = encodeDirTree(files, dirs)
  return { checksum: checksumOf(bytes), bytes }
}

/** Few directories differ in owner and mode. */
function encodeMeta({ metas, objects }: Walk, dir: Dir): MetadataObject {
  const meta: Meta = dir.implied ? IMPLIED_META : dir.meta
  const key = meta.xattrs.length === 0 ? `${meta.uid} ${meta.gid} ${meta.mode}` : undefined
  const known = key === undefined ? undefined : metas.get(key)
  if (known !== undefined) return known
  const bytes = encodeDirMeta(meta)
  const made: MetadataObject = { checksum: checksumOf(bytes), type: 'dirmeta', bytes }
  objects.set(made.checksum, made)
  if (key !== undefined) metas.set(key, made)
  return made
}
