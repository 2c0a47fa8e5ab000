/** Content objects as they lie on disk: where each repository mode keeps what an object says (libostree, "Repository modes"). */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { CtrbuildError, isErrno } from '../errors.ts'
import { getXattr, listXattrs } from '../sys/xattr.ts'
import type { Meta } from '../tree/node.ts'
import { objectPath } from './checksum.ts'
import { type ContentInfo, decodeFilezHeader, decodeOstreeMeta } from './content.ts'
import { storable } from './objects.ts'
import type { Checksum, ObjectType, Repo, RepoMode } from './types.ts'

/** One object's content and what goes with it. Valid while its file is open. */
export interface StoredContent {
  readonly info: ContentInfo
  /** Bytes of content; none for a symbolic link. */
  readonly size: number
  /** Permission bits of the object's own file. */
  readonly mode: number
  /** Gives a regular file's content piece by piece; pieces are written over afterwards. */
  feed(use: (bytes: Buffer) => void): void
  /** All of a regular file's content, at most `size` bytes. */
  bytes(): Buffer
}

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
const PERMISSIONS = 0o7777
/** Length of the framing before the header of a filez object. */
const FRAMING = 8
/** Bytes that are read of a file at once. */
const PIECE = 1 << 20

/**
 * Opens a content object while `use` looks at it.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function withContent<T>(repo: Repo, checksum: Checksum, use: (stored: StoredContent) => T): T {
  const type = repo.mode === 'archive' ? 'filez' : 'file'
  const path = join(repo.path, 'objects', objectPath(checksum, type))
  const fd = openObject(path, checksum, type)
  if (fd === undefined) return use(readLink(path, repo.mode, checksum))
  try {
    return use(describe(repo.mode, fd, regularStats(fd, checksum), checksum))
  } finally {
    closeSync(fd)
  }
}

/**
 * The bytes of a file that holds a content object's content and nothing else, as those of regular files do where the
 * repository is no archive. Nothing is known then but these bytes.
 * @throws CtrbuildError OBJECT_DAMAGED; LAYER_LIMIT where there are more than `most`
 */
export function readPlainObject(repo: Repo, checksum: Checksum, most: number): Buffer {
  const fd = openObject(join(repo.path, 'objects', objectPath(checksum, 'file')), checksum, 'file')
  if (fd === undefined) throw damaged(checksum, 'is a symbolic link, not a file')
  try {
    const { size } = regularStats(fd, checksum)
    if (size > most) throw tooLarge(checksum, size, most)
    return readAt(fd, 0, size)
  } finally {
    closeSync(fd)
  }
}

/** What is said of an object that is not there. */
export function missing(checksum: Checksum, type: ObjectType): CtrbuildError {
  return new CtrbuildError('OBJECT_DAMAGED', `object ${checksum}.${type} is missing from the store`, {
    hint: 'Run "ctrbuild verify --repair"',
  })
}

/** What is said of an object that is not what its name promises. */
export function damaged(checksum: Checksum, problem: string, cause?: unknown): CtrbuildError {
  return new CtrbuildError('OBJECT_DAMAGED', `object ${checksum} ${problem}`, {
    hint: 'Run "ctrbuild verify --repair"',
    cause,
  })
}

/** What is said of content that nobody wants to have in memory. */
export function tooLarge(checksum: Checksum, size: number, most: number): CtrbuildError {
  return new CtrbuildError('LAYER_LIMIT', `object ${checksum} has ${size} bytes, more than ${most}`)
}

/** Undefined for a symbolic link. Never waits, even where somebody put a FIFO. */
function openObject(path: string, checksum: Checksum, type: ObjectType): number | undefined {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if (isErrno(error, 'ELOOP')) return undefined
    if (isErrno(error, 'ENOENT')) throw missing(checksum, type)
    throw error
  }
}

function regularStats(fd: number, checksum: Checksum): Stats {
  const stats = fstatSync(fd)
  if (!stats.isFile()) throw damaged(checksum, 'is not a regular file')
  return stats
}

/** A symbolic link's own xattrs cannot be read here; a link that has any fails the check of its checksum. */
function readLink(path: string, mode: RepoMode, checksum: Checksum): StoredContent {
  if (mode !== 'bare' && mode !== 'bare-user-only') throw damaged(checksum, 'is a symbolic link on disk')
  const target = readlinkSync(path, 'latin1')
  const info: ContentInfo = { kind: 'symlink', meta: diskMeta(lstatSync(path), mode), target }
  return { info, size: 0, mode: 0o777, bytes: notAFile, feed: notAFile }
}

function describe(mode: RepoMode, fd: number, stats: Stats, checksum: Checksum): StoredContent {
  switch (mode) {
    case 'bare': {
      const meta = { ...diskMeta(stats, mode), xattrs: storable(listXattrs(fd)) }
      return plainFile(fd, stats, meta)
    }
    case 'bare-user-only':
      return plainFile(fd, stats, diskMeta(stats, mode))
    case 'bare-user':
      return describeBareUser(fd, stats, checksum)
    case 'archive':
      return describeFilez(fd, stats, checksum)
    default:
      return mode satisfies never
  }
}

/** A file whose content lies there as it is. */
function plainFile(fd: number, { size, mode }: Stats, meta: Meta): StoredContent {
  return {
    info: { kind: 'file', meta },
    size,
    mode: mode & PERMISSIONS,
    bytes: () => readAt(fd, 0, size),
    feed(use) {
      const piece = Buffer.allocUnsafe(Math.min(size, PIECE))
      for (let at = 0, count = -1; count !== 0; at += count) {
        count = readSync(fd, piece, 0, piece.length, at)
        if (count > 0) use(piece.subarray(0, count))
      }
    },
  }
}

/** `bare-user-only` keeps no owners: everything is root's. */
function diskMeta(stats: Stats, mode: RepoMode): Meta {
  const { uid, gid } = mode === 'bare' ? stats : { uid: 0, gid: 0 }
  return { uid, gid, mode: stats.mode & PERMISSIONS, xattrs: [] }
}

function describeBareUser(fd: number, stats: Stats, checksum: Checksum): StoredContent {
  const value = getXattr(fd, 'user.ostreemeta')
  if (value === undefined) throw damaged(checksum, 'has no user.ostreemeta')
  const { kind, meta } = decodeOstreeMeta(value)
  if (kind === 'file') return plainFile(fd, stats, meta)
  // libostree writes the target with its NUL, and reads it with or without.
  const target = readAt(fd, 0, stats.size).toString('latin1').replace(/\0$/, '')
  if (target.includes('\0')) throw damaged(checksum, 'is a symbolic link to a target with NUL')
  return {
    info: { kind, meta, target },
    size: 0,
    mode: stats.mode & PERMISSIONS,
    bytes: notAFile,
    feed: notAFile,
  }
}

function describeFilez(fd: number, { size: stored, mode }: Stats, checksum: Checksum): StoredContent {
  const length = stored < FRAMING ? stored : readAt(fd, 0, FRAMING).readUInt32BE(0)
  const start = FRAMING + length
  if (start > stored) throw damaged(checksum, 'is cut short')
  const { size, info } = decodeFilezHeader(readAt(fd, FRAMING, length))
  if (info.kind === 'symlink')
    return { info, size: 0, mode: mode & PERMISSIONS, bytes: notAFile, feed: notAFile }
  const bytes = () => inflate(readAt(fd, start, stored - start), size, checksum)
  return { info, size, mode: mode & PERMISSIONS, bytes, feed: use => use(bytes()) }
}

function inflate(compressed: Buffer, size: number, checksum: Checksum): Buffer {
  try {
    return inflateRawSync(compressed, { maxOutputLength: Math.max(size, 1) })
  } catch (error) {
    throw damaged(checksum, 'cannot be decompressed', error)
  }
}

function readAt(fd: number, start: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let done = 0
  for (let count = -1; done < length && count !== 0; done += count) {
    count = readSync(fd, bytes, done, length - done, start + done)
  }
  return bytes.subarray(0, done)
}

function notAFile(): never {
  throw new Error('a symbolic link has no content')
}
