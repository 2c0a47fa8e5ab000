/**
 * Holds a rootfs against the tree that it was made of: files by identity with the store's objects, which takes a stat of
 * each and reads no content. What was added beside is not looked at: a runtime may have made mount points.
 */
import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { isErrno } from '../errors.ts'
import { objectPath } from '../ostree/checksum.ts'
import { diskMode } from '../ostree/object-meta.ts'
import type { Checksum, Repo } from '../ostree/types.ts'
import { type ByteString, bytesOf, type Dir, display, type File, type Symlink } from '../tree/node.ts'
import { withMountPoints } from '../tree/points.ts'

/** Something that is not as the tree has it. */
export interface RootfsFault {
  /** From the rootfs, without a leading slash; bytes. */
  readonly path: ByteString
  readonly problem: string
  /** The file's object, where one is to be there. */
  readonly checksum?: Checksum
  /** True where the file is that object, so that whatever is linked from it is wrong too. */
  readonly isObject?: true
}

/** Says whether the content at an absolute path is what the file is to be: for those that could not be linked. */
export type IsCopy = (path: Buffer, file: File) => boolean

interface Look {
  readonly repo: Repo
  readonly root: ByteString
  readonly faults: RootfsFault[]
  readonly isCopy: IsCopy
}

/** What differs between a union and the rootfs at an absolute path. */
export function faultsOfRootfs(
  repo: Repo,
  union: Dir,
  rootfs: string,
  isCopy: IsCopy,
): readonly RootfsFault[] {
  const look: Look = { repo, root: bytesOf(rootfs), faults: [], isCopy }
  // Without points all that this does is to empty /dev, /proc and /sys.
  lookAt(look, withMountPoints(union, [], EMPTY), '')
  return look.faults
}

const EMPTY: File = { kind: 'file', meta: { uid: 0, gid: 0, mode: 0o644, xattrs: [] }, size: 0, checksum: '' }

function lookAt(look: Look, dir: Dir, path: ByteString): void {
  const stats = statsOf(look, path)
  if (stats === undefined || !stats.isDirectory()) {
    add(look, path, stats === undefined ? 'is gone' : 'is not a directory any more')
    return
  }
  for (const [name, node] of dir.children) {
    const below = path === '' ? name : `${path}/${name}`
    if (node.kind === 'dir') lookAt(look, node, below)
    else if (node.kind === 'symlink') lookAtLink(look, node, below)
    else if (node.kind === 'file') lookAtFile(look, node, below)
  }
}

function lookAtLink(look: Look, { target }: Symlink, path: ByteString): void {
  const stats = statsOf(look, path)
  if (stats === undefined) add(look, path, 'is gone')
  else if (!stats.isSymbolicLink()) add(look, path, 'is not a symbolic link any more')
  else if (readlinkSync(onDisk(look, path), 'latin1') !== target) add(look, path, 'leads somewhere else')
}

function lookAtFile(look: Look, file: File, path: ByteString): void {
  const checksum = file.checksum as Checksum
  const stats = statsOf(look, path)
  if (stats === undefined || !stats.isFile()) {
    add(look, path, stats === undefined ? 'is gone' : 'is not a regular file any more', { checksum })
    return
  }
  const touched = touchedAs(look.repo, file, stats)
  if (file.size > 0 && isObject(look.repo, checksum, stats)) {
    if (touched !== undefined) add(look, path, touched, { checksum, isObject: true })
  } else if (touched !== undefined) add(look, path, touched, { checksum })
  else if (!look.isCopy(onDisk(look, path), file)) add(look, path, "is not the store's file", { checksum })
}

function isObject(repo: Repo, checksum: Checksum, { dev, ino }: Stats): boolean {
  const object = lstatSync(objectIn(repo, checksum), { throwIfNoEntry: false })
  return object !== undefined && object.ino === ino && object.dev === dev
}

/** What an inode tells of itself: everything in a store has the time 0, and writing to it changes that. */
function touchedAs(repo: Repo, { meta, size }: File, stats: Stats): string | undefined {
  if (stats.size !== size) return `has ${stats.size} bytes, not ${size}`
  const mode = diskMode(repo.mode, meta)
  if ((stats.mode & 0o7777) !== mode)
    return `has mode ${(stats.mode & 0o7777).toString(8)}, not ${mode.toString(8)}`
  if (repo.mode === 'bare' && (stats.uid !== meta.uid || stats.gid !== meta.gid))
    return `belongs to ${stats.uid}:${stats.gid}, not ${meta.uid}:${meta.gid}`
  return stats.mtimeMs === 0 ? undefined : 'was written to'
}

function objectIn(repo: Repo, checksum: Checksum): string {
  return `${repo.path}/objects/${objectPath(checksum, 'file')}`
}

function statsOf(look: Look, path: ByteString): Stats | undefined {
  try {
    return lstatSync(onDisk(look, path))
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

function onDisk({ root }: Look, path: ByteString): Buffer {
  return Buffer.from(path === '' ? root : `${root}/${path}`, 'latin1')
}

function add(
  look: Look,
  path: ByteString,
  problem: string,
  of: Pick<RootfsFault, 'checksum' | 'isObject'> = {},
): void {
  look.faults.push({ path, problem, ...of })
}

/** A fault's place for people: `rootfs/etc/passwd`. */
export function rootfsPlace({ path }: Pick<RootfsFault, 'path'>): string {
  return path === '' ? 'rootfs' : `rootfs/${display(path)}`
}
