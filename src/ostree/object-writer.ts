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
import { encodeOstreeMeta } from './content.ts'
import { isKnown, type KnownObjects, knownObjects, learn } from './known-objects.ts'
import { applyBareMeta, applyBareUserMeta, firstMode, userMode } from './object-meta.ts'
import { type Stage, stagedCommits } from './stage.ts'
import type { StoredTrees } from './tree-objects.ts'
import type { Checksum, ObjectType } from './types.ts'

const { O_CREAT, O_EXCL, O_WRONLY } = constants

/** One thread's view of a stage: what is known to be there already, and what this thread added. */
export interface ObjectWriter {
  readonly stage: Stage
  readonly known: KnownObjects
  /** Folders of the stage that are there. */
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
  const fd = create(writer, checksum, type, 0o644)
  if (fd === undefined) return
  finish(writer, fd, checksum, type, () => writeAll(fd, bytes))
  count(writer, checksum, type)
}

/** Stages a symbolic link's object: a link in a bare repository, a file with the target in a bare-user one. */
export function putSymlink(writer: ObjectWriter, checksum: Checksum, meta: Meta, target: ByteString): void {
  if (isKnown(writer.known, checksum, 'file', undefined)) return
  const bytes = Buffer.from(target, 'latin1')
  // libostree writes the target with the NUL that ends it in memory.
  const stored = Buffer.concat([bytes, Buffer.alloc(1)])
  if (writer.stage.repo.mode === 'bare') putBareSymlink(writer, checksum, meta, bytes)
  else
    putBareUserFile(writer, checksum, { ...meta, mode: 0o644 }, encodeOstreeMeta(meta, 'symlink'), fd =>
      writeAll(fd, stored),
    )
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
  const write = (fd: number) => {
    for (const piece of pieces) writeAll(fd, piece)
  }
  if (writer.stage.repo.mode === 'bare') putBareFile(writer, checksum, meta, write)
  else putBareUserFile(writer, checksum, meta, encodeOstreeMeta(meta, 'file'), write)
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
  fchmodSync(file.fd, firstMode(writer.stage.repo.mode === 'bare' ? meta.mode : userMode(meta)))
  if (writer.stage.repo.mode === 'bare') applyBareMeta(file.fd, meta)
  else applyBareUserMeta(file.fd, meta, encodeOstreeMeta(meta, 'file'))
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

function putBareFile(
  writer: ObjectWriter,
  checksum: Checksum,
  meta: Meta,
  write: (fd: number) => void,
): void {
  const fd = create(writer, checksum, 'file', firstMode(meta.mode))
  if (fd === undefined) return
  finish(writer, fd, checksum, 'file', () => {
    write(fd)
    applyBareMeta(fd, meta)
  })
}

function putBareUserFile(
  writer: ObjectWriter,
  checksum: Checksum,
  meta: Meta,
  ostreeMeta: Buffer,
  write: (fd: number) => void,
): void {
  const fd = create(writer, checksum, 'file', firstMode(userMode(meta)))
  if (fd === undefined) return
  finish(writer, fd, checksum, 'file', () => {
    write(fd)
    applyBareUserMeta(fd, meta, ostreeMeta)
  })
}

function putBareSymlink(writer: ObjectWriter, checksum: Checksum, meta: Meta, target: Buffer): void {
  const path = stagedPath(writer, checksum, 'file')
  try {
    symlinkSync(target, path)
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return
    throw error
  }
  if (meta.uid !== 0 || meta.gid !== 0) lchownSync(path, meta.uid, meta.gid)
  lutimesSync(path, 0, 0)
}

/** Opens an object's file for writing; undefined where another thread has it already. */
function create(
  writer: ObjectWriter,
  checksum: Checksum,
  type: ObjectType,
  mode: number,
): number | undefined {
  try {
    return openSync(stagedPath(writer, checksum, type), O_CREAT | O_EXCL | O_WRONLY, mode)
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return undefined
    throw error
  }
}

/** Runs `write`, sets the fixed time and closes; an object that could not be completed does not stay. */
function finish(
  writer: ObjectWriter,
  fd: number,
  checksum: Checksum,
  type: ObjectType,
  write: () => void,
): void {
  try {
    write()
    futimesSync(fd, 0, 0)
  } catch (error) {
    unlinkSync(stagedPath(writer, checksum, type))
    throw error
  } finally {
    closeSync(fd)
  }
}

function stagedPath(writer: ObjectWriter, checksum: Checksum, type: ObjectType): string {
  const root = type === 'commit' ? stagedCommits(writer.stage) : writer.stage.path
  const folder = `${root}/${checksum.slice(0, 2)}`
  if (!writer.folders.has(folder)) {
    mkdirSync(folder, { recursive: true, mode: 0o755 })
    writer.folders.add(folder)
  }
  return `${root}/${objectPath(checksum, type)}`
}

function count(writer: ObjectWriter, checksum: Checksum, type: ObjectType): void {
  learn(writer.known, checksum, type)
  writer.staged += 1
}
