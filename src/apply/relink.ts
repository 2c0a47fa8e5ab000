/** Putting a store's file back where a rootfs has another one. */
import { linkSync, lstatSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isErrno } from '../errors.ts'
import { objectName, pathOfObject } from '../ostree/inventory.ts'
import type { Repo } from '../ostree/types.ts'
import { bytesOf } from '../tree/node.ts'
import type { WrongFile } from './verify.ts'

/**
 * Links each file anew from its object, by one rename. Those that cannot be linked stay as they are: their object is
 * missing too, or what is on the way to them is no directory any more.
 */
export function relinkFiles(repo: Repo, files: readonly WrongFile[]): void {
  for (const file of files) if (isReachable(file)) relink(repo, file)
}

function relink(repo: Repo, { rootfs, path, checksum }: WrongFile): void {
  const draft = join(dirname(rootfs), '.relinked')
  try {
    rmSync(draft, { force: true })
    linkSync(pathOfObject(repo, objectName(checksum, 'file')), draft)
    renameSync(draft, onDisk(rootfs, path))
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EISDIR', 'EXDEV', 'EMLINK', 'EPERM', 'EACCES')) throw error
  } finally {
    // Renaming a link over another one of the same file leaves both.
    rmSync(draft, { force: true })
  }
}

/** True where all folders on the way are folders: no symbolic link is followed. */
function isReachable({ rootfs, path }: WrongFile): boolean {
  const names = path.split('/').slice(0, -1)
  return [...names.keys(), names.length].every(
    count =>
      lstatSync(onDisk(rootfs, names.slice(0, count).join('/')), { throwIfNoEntry: false })?.isDirectory() ??
      false,
  )
}

function onDisk(rootfs: string, path: string): Buffer {
  return Buffer.from(`${bytesOf(rootfs)}/${path}`, 'latin1')
}
