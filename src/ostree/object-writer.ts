/** Writes single objects into a staging folder, each once, as libostree lays them out for the repository's mode. */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  futimesSync,
  lchownSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { threadId } from 'node:worker_threads'
import { isErrno } from '../errors.ts'
import type { ByteString, Meta } from '../tree/node.ts'
import { objectPath } from './checksum.ts'
import { isKnown, type KnownObjects, knownObjects, learn } from './known-objects.ts'
import { applyMeta, diskMode, firstMode, type Inode } from './object-meta.ts'
import { type Stage, stagedCommits } from './stage.ts'
import type { StoredTrees } from './tree-objects.ts'
import type { Checksum, ObjectType } from './types.ts'

const { O_CREAT, O_EXCL, O_WRONLY } = constants

/** One thread's view of a stage: what is known to be there already, and what this thread added. */
export interface ObjectWriter {
  readonly stage: Stage
  readonly known: KnownObjects
  /** Folders of the stage that are there, without those of commits. */
  readonly folders: Set<string>
  /** Directories that need not be staged again, as values. */
  readonly stored: StoredTrees
  /** How many objects this writer staged. */
  staged: number
}

/** A writer into a stage; several threads may each have one. */
export function objectWriter(stage: Stage): ObjectWriter {
  return { stage, known: knownObjects(stage.repo), folders: new Set(), stored: new WeakMap(), staged: 0 }
}

/** Stages a commit, dirtree or dirmeta object. */
export function putMetadata(writer: ObjectWriter, checksum: Checksum, type: ObjectType, bytes: Buffer): void {
  if (isKnown(writer.known, checksum, type, bytes.length)) return
  writeObject(writer, checksum, type, 0o644, [bytes])
  count(writer, checksum, type)
}

/** Stages a symbolic link's object: a link in a bare repository, a file with the target in a bare-user one. */
export function putSymlink(writer: ObjectWriter, checksum: Checksum, meta: Meta, target: ByteString): void {
  if (isKnown(writer.known, checksum, 'file', undefined)) return
  if (writer.stage.repo.mode === 'bare') {
    writeLink(writer, checksum, meta, Buffer.from(target, 'latin1'))
  } else {
    // libostree writes the target with the NUL that ends it in memory.
    const stored = Buffer.from(`${target}\0`, 'latin1')
    writeObject(writer, checksum, 'file', 0o644, [stored], { kind: 'symlink', meta })
  }
  count(writer, checksum, 'file')
}

/** Stages a regular file whose content is in memory, in pieces. */
export function putFile(
  writer: ObjectWriter,
  checksum: Checksum,
  meta: Meta,
  pieces: readonly Buffer[],
): void {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if (isKnown(writer.known, checksum, 'file', length)) return
  const mode = diskMode(writer.stage.repo.mode, meta)
  writeObject(writer, checksum, 'file', mode, pieces, { kind: 'file', meta })
  count(writer, checksum, 'file')
}

/** A file too large for memory, while its content arrives and its checksum is not known yet. */
export interface LargeFile {
  readonly fd: number
  readonly path: string
}

/** Opens a temporary file beside the stage for content that is written piece by piece. */
export function beginLargeFile(writer: ObjectWriter): LargeFile {
  const path = `${writer.stage.path}-large-${threadId}-${writer.staged}`
  return { fd: openSync(path, O_CREAT | O_EXCL | O_WRONLY, 0o600), path }
}

/** Names a large file by its checksum now that all its content is written, or drops it where it is known. */
export function endLargeFile(writer: ObjectWriter, file: LargeFile, checksum: Checksum, meta: Meta): void {
  if (isKnown(writer.known, checksum, 'file', fstatSync(file.fd).size)) {
    abandonLargeFile(file)
    return
  }
  const { mode: repo } = writer.stage.repo
  const mode = diskMode(repo, meta)
  fchmodSync(file.fd, firstMode(mode))
  applyMeta(repo, file.fd, { kind: 'file', meta }, mode)
  futimesSync(file.fd, 0, 0)
  renameSync(file.path, stagedPath(writer, checksum, 'file'))
  closeSync(file.fd)
  count(writer, checksum, 'file')
}

/** Drops a large file. */
export function abandonLargeFile(file: LargeFile): void {
  closeSync(file.fd)
  unlinkSync(file.path)
}

/** Writes all of the bytes at the end of what was written. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done)
}

/**
 * Writes an object's file, its content in pieces, with the time that all of them have; nothing where another thread has
 * it already. One that could not be completed does not stay.
 * @param mode its permission bits on disk
 * @param inode what a content object is the object of
 */
function writeObject(
  writer: ObjectWriter,
  checksum: Checksum,
  type: ObjectType,
  mode: number,
  pieces: readonly Buffer[],
  inode?: Inode,
): void {
  const path = stagedPath(writer, checksum, type)
  const first = inode === undefined ? mode : firstMode(mode)
  const fd = unlessThere(() => openSync(path, O_CREAT | O_EXCL | O_WRONLY, first))
  if (fd === undefined) return
  try {
    for (const piece of pieces) writeAll(fd, piece)
    if (inode !== undefined) applyMeta(writer.stage.repo.mode, fd, inode, mode)
    futimesSync(fd, 0, 0)
  } catch (error) {
    unlinkSync(path)
    throw error
  } finally {
    closeSync(fd)
  }
}

function writeLink(writer: ObjectWriter, checksum: Checksum, meta: Meta, target: Buffer): void {
  const path = stagedPath(writer, checksum, 'file')
  const link = unlessThere(() => {
    symlinkSync(target, path)
    return path
  })
  if (link === undefined) return
  if (meta.uid !== 0 || meta.gid !== 0) lchownSync(path, meta.uid, meta.gid)
  lutimesSync(path, 0, 0)
}

/** What making a file gives; undefined where there is one. */
function unlessThere<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return undefined
    throw error
  }
}

function stagedPath(writer: ObjectWriter, checksum: Checksum, type: ObjectType): string {
  const isCommit = type === 'commit'
  const root = isCommit ? stagedCommits(writer.stage) : writer.stage.path
  const prefix = checksum.slice(0, 2)
  // Of commits there are few.
  if (isCommit || !writer.folders.has(prefix)) {
    mkdirSync(`${root}/${prefix}`, { recursive: true, mode: 0o755 })
    if (!isCommit) writer.folders.add(prefix)
  }
  return `${root}/${objectPath(checksum, type)}`
}

function count(writer: ObjectWriter, checksum: Checksum, type: ObjectType): void {
  learn(writer.known, checksum, type)
  writer.staged += 1
}
