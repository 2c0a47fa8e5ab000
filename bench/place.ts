/** Where things are measured: in memory where there is room, since disks differ and remember what was deleted. */
import { execFileSync } from 'node:child_process'
import { accessSync, chmodSync, constants, mkdirSync, mkdtempSync, readFileSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOM = 6 * 2 ** 30
const TMPFS = 0x01021994

/** A folder to measure in. */
export interface Place {
  readonly path: string
  readonly fileSystem: string
  /**
   * Removes a folder, except on a disk: ext4 without a journal searches what was deleted for minutes, so there all of
   * it goes at the end.
   */
  drop(folder: string): void
  /** Removes everything. */
  remove(): void
}

/** Makes a new folder in BENCH_DIR, else in /dev/shm where that is a tmpfs with room, else where temporary files are. */
export function makePlace(chosen: string | undefined): Place {
  const parent = chosen ?? (hasRoom('/dev/shm') ? '/dev/shm' : tmpdir())
  mkdirSync(parent, { recursive: true })
  const path = mkdtempSync(join(parent, 'ctrbuild-bench-'))
  // A plain user goes through it as well.
  chmodSync(path, 0o755)
  const inMemory = isTmpfs(path)
  // What Node and our tests make temporary goes there too.
  process.env.TMPDIR = path
  return {
    path,
    fileSystem: inMemory
      ? 'tmpfs'
      : execFileSync('stat', ['-f', '-c', '%T', path], { encoding: 'utf8' }).trim(),
    drop(folder) {
      if (inMemory) removeAll(folder)
    },
    remove: () => removeAll(path),
  }
}

function removeAll(folder: string): void {
  // Trees of other users and modes, tens of thousands of files: rm is the fastest.
  execFileSync('rm', ['-rf', '--one-file-system', folder])
}

function hasRoom(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    const { bavail, bsize } = statfsSync(folder)
    return isTmpfs(folder) && Math.min(bavail * bsize, freeMemory()) > ROOM
  } catch {
    return false
  }
}

function isTmpfs(folder: string): boolean {
  return statfsSync(folder).type === TMPFS
}

/** Without what can be given up, such as caches. */
function freeMemory(): number {
  return 1024 * Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0)
}
