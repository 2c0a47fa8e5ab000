/**
 * Drift: what was changed by hand in a root file system that is to stay as it was made.
 *
 * Nothing is hashed. A folder that was made with the time 0, still has it, and was not touched since the stamp was
 * written has the names in it that were put there. Those of files are links of the store's objects, so that writing to
 * one shows at the object, which is looked at once for all bundles. Only in a folder that was touched is every name
 * looked at. What stat(2) cannot see is left to a check of contents: content of the same length with its time set back.
 */
import { existsSync, lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { diskMode } from '../ostree/object-meta.ts'
import type { Drift, DriftProblem } from '../plan/drift.ts'
import type { StoreMode } from '../plan/types.ts'
import { onDisk } from '../sys/byte-path.ts'
import { ListedDir, nodeAt } from '../tree/listed.ts'
import {
  type ByteString,
  bytesOf,
  type Dir,
  display,
  type File,
  type Meta,
  type Node,
  type Symlink,
} from '../tree/node.ts'
import { COPIED, STAMP } from './generations.ts'
import type { ObjectFacts, StoredObjects } from './stored-objects.ts'

/** What a scan came to. */
export interface Drifted {
  readonly entries: readonly Drift[]
  /** Checksums of objects that are not what their name promises any more, or are gone. */
  readonly spoiled: ReadonlySet<string>
}

interface Walk {
  readonly rootfs: ByteString
  readonly objects: StoredObjects
  readonly mode: StoreMode
  /** Who made the generation. */
  readonly uid: number
  readonly gid: number
  /** Milliseconds: nothing was touched later. */
  readonly made: number
  /** True where files may be copies of objects. */
  readonly copied: boolean
  readonly entries: Drift[]
  readonly spoiled: Set<string>
}

/** Compares a generation's root file system with the tree that it was made of. */
export function findDrift(generation: string, tree: Dir, objects: StoredObjects, mode: StoreMode): Drifted {
  const stamp = lstatSync(join(generation, STAMP))
  const rootfs = bytesOf(join(generation, 'rootfs'))
  const walk: Walk = {
    rootfs,
    objects,
    mode,
    uid: stamp.uid,
    gid: stamp.gid,
    // A whole tree that was copied or moved here has no link of the store in it.
    made: isLinked(rootfs, tree, objects) ? stamp.ctimeMs : Number.NEGATIVE_INFINITY,
    copied: existsSync(join(generation, COPIED)),
    entries: [],
    spoiled: new Set(),
  }
  visitDir(walk, rootfs, tree)
  return walk
}

/** Whether the first file with content is the store's; true where there is none. */
function isLinked(rootfs: ByteString, tree: Dir, objects: StoredObjects): boolean {
  const first = firstFile('', tree)
  if (first === undefined) return true
  const stats = look(rootfs + first.path)
  return stats !== undefined && isSameInode(stats, objects.factsOf(first.file))
}

function firstFile(
  path: ByteString,
  dir: Dir,
): { readonly path: ByteString; readonly file: File } | undefined {
  for (const [name, node] of dir.children) {
    const at = `${path}/${name}`
    if (node.kind === 'file' && node.size > 0) return { path: at, file: node }
    const below = node.kind === 'dir' ? firstFile(at, node) : undefined
    if (below !== undefined) return below
  }
  return undefined
}

function visitDir(walk: Walk, at: ByteString, dir: Dir): void {
  if (dir instanceof ListedDir) {
    visitListed(walk, at, dir)
    return
  }
  const folder = enter(walk, at, dir)
  if (folder === undefined) return
  for (const [name, node] of dir.children) {
    if (node.kind === 'dir') visitDir(walk, `${at}/${name}`, node)
    else visitLeaf(walk, folder, name, node)
  }
}

/** All that is below a directory which is as the listing has it, row by row. */
function visitListed(walk: Walk, at: ByteString, top: ListedDir): void {
  const { listing, row: first } = top
  const { rows, ends } = listing
  const folders = new Map([[first, enter(walk, at, top)]])
  for (let row = first + 1; row < ends[first]!; row++) {
    const folder = folders.get(rows[row]![0] as number)
    if (folder === undefined) continue
    const name = rows[row]![1] as ByteString
    const node = nodeAt(listing, row)
    if (node.kind === 'dir') folders.set(row, enter(walk, `${folder.at}/${name}`, node))
    else visitLeaf(walk, folder, name, node)
  }
}

/** A directory that is there. */
interface Folder {
  readonly at: ByteString
  readonly isUntouched: boolean
}

/** Looks at a directory itself, and for names that were added; undefined where it is none any more. */
function enter(walk: Walk, at: ByteString, dir: Dir): Folder | undefined {
  const stats = look(at)
  if (stats === undefined || !stats.isDirectory()) {
    tell(walk, at, [stats === undefined ? 'removed' : 'type'])
    return undefined
  }
  const mode = walk.mode === 'bare' ? dir.meta.mode : (dir.meta.mode & 0o1777) | 0o700
  tell(walk, at, metaProblems(walk, stats, dir.meta, mode))
  const isUntouched = stats.mtimeMs === 0 && stats.ctimeMs <= walk.made
  if (!isUntouched) {
    const names = readdirSync(onDisk(at), { encoding: 'latin1' })
    for (const name of names.sort()) if (!dir.children.has(name)) tell(walk, `${at}/${name}`, ['added'])
  }
  return { at, isUntouched }
}

function visitLeaf(
  walk: Walk,
  { at: folder, isUntouched }: Folder,
  name: ByteString,
  node: Exclude<Node, Dir>,
): void {
  if (node.kind === 'file' && isUntouched && isSoundLink(walk, node)) return
  const at = `${folder}/${name}`
  if (node.kind === 'symlink') tell(walk, at, symlinkProblems(walk, at, node, isUntouched))
  else if (node.kind === 'file') tell(walk, at, fileProblems(walk, at, node))
}

const NONE: readonly DriftProblem[] = []

function symlinkProblems(
  walk: Walk,
  at: ByteString,
  { target, meta }: Symlink,
  isUntouched: boolean,
): readonly DriftProblem[] {
  const stats = look(at)
  if (stats === undefined) return ['removed']
  if (!stats.isSymbolicLink()) return ['type']
  if (!isUntouched && readlinkSync(onDisk(at), 'latin1') !== target) return ['target']
  return hasOwner(walk, stats, meta) ? NONE : ['owner']
}

/** Whether a name that nobody touched leads to an object that nobody touched either. */
function isSoundLink({ objects, copied }: Walk, file: File): boolean {
  return file.size > 0 && !copied && objects.factsOf(file).isSound
}

function fileProblems(walk: Walk, at: ByteString, node: File): readonly DriftProblem[] {
  const object = node.size > 0 ? walk.objects.factsOf(node) : undefined
  if (object !== undefined && !object.isSound) {
    walk.spoiled.add(node.checksum)
    return [object.ino === undefined ? 'lost' : 'written']
  }
  const stats = look(at)
  if (stats === undefined) return ['removed']
  if (!stats.isFile()) return ['type']
  if (object !== undefined && isSameInode(stats, object)) return NONE
  if (object !== undefined && !walk.copied) return ['replaced']
  const mode = diskMode(walk.mode, node.meta)
  const isSame = stats.size === node.size && stats.mtimeMs === 0
  return [...(isSame ? NONE : ['content' as const]), ...metaProblems(walk, stats, node.meta, mode)]
}

function metaProblems(walk: Walk, stats: Stats, meta: Meta, mode: number): readonly DriftProblem[] {
  const isOwned = hasOwner(walk, stats, meta)
  if ((stats.mode & 0o7777) !== mode) return isOwned ? ['mode'] : ['mode', 'owner']
  return isOwned ? NONE : ['owner']
}

/** In a plain user's store everything is the user's. What root made in a folder with setgid has that folder's group. */
function hasOwner({ mode, uid, gid }: Walk, stats: Stats, meta: Meta): boolean {
  if (mode !== 'bare') return stats.uid === uid
  return stats.uid === meta.uid && (stats.gid === meta.gid || (meta.gid === 0 && stats.gid === gid))
}

function isSameInode(stats: Stats, object: ObjectFacts): boolean {
  return stats.ino === object.ino && stats.dev === object.dev
}

function tell({ rootfs, entries }: Walk, at: ByteString, problems: readonly DriftProblem[]): void {
  if (problems.length === 0) return
  const path = at === rootfs ? '/' : display(at.slice(rootfs.length))
  for (const problem of problems) entries.push({ path, problem })
}

function look(path: ByteString): Stats | undefined {
  return lstatSync(onDisk(path), { throwIfNoEntry: false })
}
