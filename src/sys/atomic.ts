/** Files that are there whole or not at all, whatever happens to the process or the machine. */
import { execFile } from 'node:child_process'
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { threadId } from 'node:worker_threads'
import { CtrbuildError, isErrno } from '../errors.ts'

const { O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_WRONLY } = constants

/** How an atomic file is written. */
export interface AtomicWrite {
  /** Permission bits, whatever the umask. Default 0644. */
  readonly mode?: number
  /** Make the file and its name durable before returning. Default true. */
  readonly fsync?: boolean
  /** Folder on the same file system for the file while it is incomplete. Default: its own folder. */
  readonly staging?: string
}

let written = 0

/**
 * Writes a file under another name and renames it over `path`.
 * @throws the operating system's errors; nothing is left behind then
 */
export function writeFileAtomic(path: string, data: string | Uint8Array, options: AtomicWrite = {}): void {
  const { mode = 0o644, fsync = true, staging = dirname(path) } = options
  const [fd, draft] = openDraft(staging)
  try {
    fill(fd, data, mode, fsync)
    renameSync(draft, path)
  } catch (error) {
    unlinkSync(draft)
    throw error
  }
  if (fsync) fsyncFolder(dirname(path))
}

/** Makes the names in a folder durable. */
export function fsyncFolder(path: string): void {
  const fd = openSync(path, O_RDONLY | O_DIRECTORY)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/**
 * Makes everything durable that was written to the file system of `path`: syncfs(2), which Node does not have.
 * @throws CtrbuildError PROGRAM_MISSING, DISK
 */
export async function syncFs(path: string): Promise<void> {
  try {
    await promisify(execFile)('sync', ['-f', '--', path])
  } catch (error) {
    if (isErrno(error, 'ENOENT'))
      throw new CtrbuildError('PROGRAM_MISSING', 'sync is not installed', { hint: 'Install coreutils' })
    throw new CtrbuildError('DISK', `cannot make ${path} durable`, { cause: error })
  }
}

/** A new file that no other thread or process writes; a name that a killed process left is passed over. */
function openDraft(folder: string): [fd: number, path: string] {
  for (;;) {
    written += 1
    const path = join(folder, `.new-${process.pid}-${threadId}-${written}`)
    try {
      return [openSync(path, O_CREAT | O_EXCL | O_WRONLY, 0o600), path]
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error
    }
  }
}

function fill(fd: number, data: string | Uint8Array, mode: number, fsync: boolean): void {
  try {
    writeFileSync(fd, data)
    fchmodSync(fd, mode)
    if (fsync) fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
