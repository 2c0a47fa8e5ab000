/** Looks at what stands at paths of a target. */
import { lstatSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { isErrno } from '../errors.ts'
import { digestOf } from '../oci/digest.ts'
import type { Seen } from './compare.ts'
import { onTarget, type Target } from './target.ts'

/** What stands at a path; symlinks are not followed. */
export function lookAt(target: Target, path: string): Seen {
  const full = onTarget(target, path)
  const stats = statsOf(full)
  if (stats === undefined) return { kind: 'none' }
  if (stats.isSymbolicLink()) return { kind: 'link', target: readlinkSync(full) }
  if (!stats.isFile()) return { kind: 'other' }
  return { kind: 'file', digest: digestOf(readFileSync(full)), mode: stats.mode & 0o7777 }
}

/** Folders that have to be made for some paths, outer ones first; none twice. */
export function missingFolders(target: Target, paths: readonly string[]): readonly string[] {
  const missing = new Set<string>()
  const add = (folder: string): void => {
    if (missing.has(folder) || statsOf(onTarget(target, folder)) !== undefined) return
    add(dirname(folder))
    missing.add(folder)
  }
  for (const path of paths) add(dirname(path))
  return [...missing]
}

/** Removes folders that are empty, inner ones first. */
export function removeEmptyFolders(target: Target, folders: readonly string[]): void {
  for (const folder of folders.toReversed()) {
    try {
      rmdirSync(onTarget(target, folder))
    } catch (error) {
      if (!isErrno(error, 'ENOTEMPTY', 'ENOENT', 'ENOTDIR', 'EBUSY')) throw error
    }
  }
}

function statsOf(path: string) {
  try {
    return lstatSync(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}
