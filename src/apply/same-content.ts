/** Whether two objects hold the same bytes: their checksums cannot say where owner or mode differ. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno } from '../errors.ts'
import { objectPath } from '../ostree/checksum.ts'
import { missing } from '../ostree/stored-content.ts'
import type { Checksum, Repo } from '../ostree/types.ts'
import type { File } from '../tree/node.ts'

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
const PIECE = 1 << 20

/**
 * Compares the content of two regular files of a store, piece by piece.
 * @throws CtrbuildError OBJECT_DAMAGED where one is missing
 */
export function sameContent(repo: Repo, a: File, b: File): boolean {
  return withObject(repo, a, left => withObject(repo, b, right => sameBytes(left, right)))
}

function withObject<T>(repo: Repo, file: File, use: (fd: number) => T): T {
  const fd = openObject(repo, file.checksum as Checksum)
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}

function openObject(repo: Repo, checksum: Checksum): number {
  try {
    return openSync(
      join(repo.path, 'objects', objectPath(checksum, 'file')),
      O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
    )
  } catch (error) {
    throw isErrno(error, 'ENOENT') ? missing(checksum, 'file') : error
  }
}

function sameBytes(a: number, b: number): boolean {
  const size = fstatSync(a).size
  if (size !== fstatSync(b).size) return false
  const [left, right] = [Buffer.alloc(Math.min(size, PIECE)), Buffer.alloc(Math.min(size, PIECE))]
  for (let at = 0; at < size; ) {
    const count = readSync(a, left, 0, left.length, at)
    if (count === 0 || readFully(b, right.subarray(0, count), at) !== count) return false
    if (left.compare(right, 0, count, 0, count) !== 0) return false
    at += count
  }
  return true
}

function readFully(fd: number, into: Buffer, start: number): number {
  let done = 0
  for (let count = -1; done < into.length && count !== 0; done += count)
    count = readSync(fd, into, done, into.length - done, start + done)
  return done
}
