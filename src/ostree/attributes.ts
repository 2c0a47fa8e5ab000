/** Extended attributes onto files of the store and of root file systems. */
import { closeSync, openSync } from 'node:fs'
import { CtrbuildError, isErrno } from '../errors.ts'
import { setXattr } from '../sys/xattr.ts'
import type { Xattr } from '../tree/node.ts'

/** Every file system has room for so many bytes of one file's attributes, unless its disk is full. */
const ROOM = 2048

/**
 * Sets attributes of an open file.
 * @throws CtrbuildError LAYER_LIMIT where the file system has no room for so many; the operating system's errors
 */
export function setXattrs(fd: number, xattrs: readonly Xattr[]): void {
  try {
    for (const [name, value] of xattrs) setXattr(fd, name, value)
  } catch (error) {
    const bytes = xattrs.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
    if (bytes <= ROOM || !isErrno(error, 'ENOSPC', 'E2BIG', 'ERANGE')) throw error
    const message = `a file has ${bytes} bytes of extended attributes, more than the file system of the store takes`
    const hint = 'ext4 takes about 4 kB for each file: put store and out on another one, such as xfs or btrfs'
    throw new CtrbuildError('LAYER_LIMIT', message, { hint, cause: error })
  }
}

/** Sets attributes of a file or folder. @throws as setXattrs */
export function setXattrsAt(path: string | Buffer, xattrs: readonly Xattr[]): void {
  const fd = openSync(path, 'r')
  try {
    setXattrs(fd, xattrs)
  } finally {
    closeSync(fd)
  }
}
