/** Files that are there whole or not at all, whatever happens to the process or the machine. */
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { threadId } from 'node:worker_threads'
import { CtrbuildError, isErrno } from '../errors.ts'
import { diskError } from './failure.ts'

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

/**
 * Writes a file of pieces under another name and renames it over `path`; signals come through while it is written.
 * @throws the operating system's errors, and whatever `signal` was aborted with; nothing is left behind then
 */
export async function writePiecesAtomic(
  path: string,
  pieces: Iterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const [fd, draft] = openDraft(dirname(path))
  try {
    try {
      for await (const piece of unhurried(pieces, signal)) writeFileSync(fd, piece)
      fchmodSync(fd, 0o644)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(draft, path)
  } catch (error) {
    unlinkSync(draft)
    throw error
  }
  fsyncFolder(dirname(path))
}

/**
 * Makes a folder that is there whole or not at all.
 * @throws CtrbuildError OUT_FOREIGN where something has its name; whatever `fill` throws
 */
export async function writeFolderAtomic(
  path: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  if (existsSync(path)) {
    throw new CtrbuildError('OUT_FOREIGN', `${path} is there already`, {
      hint: 'Name a new folder, or remove that one',
    })
  }
  const draft = mkdtempSync(join(dirname(path), '.new-'))
  try {
    const folder = join(draft, 'folder')
    mkdirSync(folder, { mode: 0o755 })
    await fill(folder)
    await syncFs(folder)
    renameSync(folder, path)
    fsyncFolder(dirname(path))
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** Bytes between two looks at what else there is to do. */
const BREATH = 1 << 24

/**
 * Pieces, with pauses in which signals come through.
 * @throws whatever `signal` was aborted with
 */
export async function* unhurried(
  pieces: Iterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let left = BREATH
  for (const piece of pieces) {
    yield piece
    left -= piece.length
    if (left > 0) continue
    left = BREATH
    await new Promise(resolve => setImmediate(resolve))
    signal.throwIfAborted()
  }
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
  const { execFile } = await import('node:child_process')
  try {
    await promisify(execFile)('sync', ['-f', '--', path])
  } catch (error) {
    if (isErrno(error, 'ENOENT'))
      throw new CtrbuildError('PROGRAM_MISSING', 'sync is not installed', { hint: 'Install coreutils' })
    const known = diskError(error, `cannot make ${path} durable`)
    throw known === error ? new CtrbuildError('DISK', `cannot make ${path} durable`, { cause: error }) : known
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
