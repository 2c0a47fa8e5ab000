/**
 * Locks that die with the process that holds them: open file description locks (fcntl(2), F_OFD_SETLK), the kind that
 * libostree takes on a repository's `.lock`, shared while it writes and exclusive while it prunes.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { CtrbuildError, isErrno } from '../errors.ts'
import { nativeFs } from './native.ts'
import { printable } from './printable.ts'

/** How a lock is taken. */
export interface LockOptions {
  /** Exclusive: nobody else may hold it; otherwise others may share it. */
  readonly exclusive: boolean
  /** Milliseconds to wait at most; undefined waits for ever, 0 not at all. */
  readonly timeout: number | undefined
  /** Who holds it, for those who wait: process id and command. Only exclusive holders are named. */
  readonly holder: string
  /** Told once that there is waiting to do, and for whom; undefined where the holder left no name. */
  onWait?(holder: string | undefined): void
}

/** A lock that is held. */
export interface Lock {
  /** Gives it up; a second call does nothing. */
  release(): void
}

const POLL = 75
const MOST_HOLDER = 1000

/**
 * Takes a lock on a file, which is made if it is not there.
 * @throws CtrbuildError STORE_BUSY after the timeout; whatever `signal` was aborted with; the operating system's errors
 */
export async function lockFile(path: string, options: LockOptions, signal: AbortSignal): Promise<Lock> {
  const began = performance.now()
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted()
    const lock = tryLockFile(path, options)
    if (lock !== undefined) return lock
    const waited = performance.now() - began
    if (options.timeout !== undefined && waited >= options.timeout) throw busy(path, options.timeout)
    if (attempt === 1) options.onWait?.(holderOf(path))
    await setTimeout(Math.min(POLL, (options.timeout ?? Infinity) - waited))
  }
}

/** One attempt; undefined where the lock is held by another. */
function tryLockFile(path: string, options: LockOptions): Lock | undefined {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  let lock: Lock | undefined
  try {
    if (!nativeFs().tryLock(fd, 0, 0, { shared: !options.exclusive })) return undefined
    if (isStill(fd, path)) lock = hold(fd, options)
  } finally {
    if (lock === undefined) closeSync(fd)
  }
  return lock ?? tryLockFile(path, options)
}

/** True where the locked file is the one that others would open now. */
function isStill(fd: number, path: string): boolean {
  const now = statSync(path, { throwIfNoEntry: false })
  const { dev, ino } = fstatSync(fd)
  return now !== undefined && now.dev === dev && now.ino === ino
}

function hold(fd: number, { exclusive, holder }: LockOptions): Lock {
  let held = true
  leaveName(fd, exclusive ? holder : '')
  return {
    release() {
      if (!held) return
      held = false
      if (exclusive) ftruncateSync(fd, 0)
      closeSync(fd)
    },
  }
}

/** Writes who holds the lock, over what a killed holder left. Whoever shares the lock may clear it: all of them agree. */
function leaveName(fd: number, holder: string): void {
  ftruncateSync(fd, 0)
  try {
    if (holder !== '') writeSync(fd, `${holder}\n`, 0)
  } catch (error) {
    // A full disk must not keep out those who would empty it.
    if (!isErrno(error, 'ENOSPC', 'EDQUOT')) throw error
  }
}

function holderOf(path: string): string | undefined {
  const text = printable(readText(path).slice(0, MOST_HOLDER).trim())
  return text === '' ? undefined : text
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return ''
    throw error
  }
}

function busy(path: string, timeout: number): CtrbuildError {
  const holder = holderOf(path) ?? 'another program'
  const after = timeout === 0 ? '' : `, still after ${timeout / 1000} s`
  return new CtrbuildError('STORE_BUSY', `${path} is locked by ${holder}${after}`, {
    hint: 'Wait for it to finish, or allow more time with --lock-timeout',
  })
}
