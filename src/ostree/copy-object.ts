/** Files of a root file system that are no links of the store's objects: copies of them, and files without content. */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  openSync,
  utimesSync,
} from 'node:fs'
import { isErrno } from '../errors.ts'
import { onDisk } from '../sys/byte-path.ts'
import type { ByteString, File } from '../tree/node.ts'
import { setXattrsAt } from './attributes.ts'
import { inFolders } from './link-objects.ts'
import type { RepoMode } from './types.ts'

/** The copies of one checkout. */
export interface Copies {
  readonly mode: RepoMode
  /** Folders that hold objects; the one that had the last object comes first. */
  readonly objects: ByteString[]
  /** Path of the last copy of each file, for hard links within the tree. */
  readonly seen: Map<File, ByteString>
  count: number
}

/** Nothing is copied yet. */
export function newCopies(mode: RepoMode, objects: ByteString[]): Copies {
  return { mode, objects, seen: new Map(), count: 0 }
}

/** A file with an inode of its own here, or one more name of it. */
export function copyFile(copies: Copies, node: File, path: ByteString): void {
  if (linkFirst(copies, node, path)) return
  copies.seen.set(node, path)
  if (node.size === 0) makeEmpty(copies, node, path)
  else copyObject(copies, node, path)
}

/** Gives a file that has a name of its own here another one; false where it has none, or as many as it can have. */
function linkFirst(copies: Copies, node: File, path: ByteString): boolean {
  const first = copies.seen.get(node)
  if (first === undefined) return false
  try {
    linkSync(onDisk(first), onDisk(path))
    return true
  } catch (error) {
    if (!isErrno(error, 'EMLINK')) throw error
    return false
  }
}

function copyObject(copies: Copies, node: File, path: ByteString): void {
  inFolders(copies.objects, node.checksum, object =>
    copyFileSync(object, onDisk(path), constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL),
  )
  finishFile(copies, node, path)
}

function makeEmpty(copies: Copies, node: File, path: ByteString): void {
  closeSync(openSync(onDisk(path), 'wx', 0o600))
  finishFile(copies, node, path)
}

function finishFile(copies: Copies, node: File, path: ByteString): void {
  const disk = onDisk(path)
  const { meta } = node
  copies.count += 1
  if (copies.mode === 'bare') {
    if (meta.uid !== 0 || meta.gid !== 0) chownSync(disk, meta.uid, meta.gid)
    chmodSync(disk, meta.mode)
    if (meta.xattrs.length > 0) setXattrsAt(disk, meta.xattrs)
  } else {
    chmodSync(disk, (meta.mode & 0o775) | 0o400)
  }
  utimesSync(disk, 0, 0)
}
