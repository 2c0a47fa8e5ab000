/** Reading commits, trees and files back from a repository, each object held against the checksum that names it. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CtrbuildError, isErrno } from '../errors.ts'
import type { ByteString, Dir, File, Meta, Node, Symlink } from '../tree/node.ts'
import { MAX_DEPTH } from '../tree/path.ts'
import { checksumOf, objectPath } from './checksum.ts'
import { type Commit, decodeCommit } from './commit.ts'
import { type ContentInfo, contentHeader, symlinkChecksum } from './content.ts'
import { type DirTree, decodeDirMeta, decodeDirTree } from './objects.ts'
import { damaged, missing, readPlainObject, tooLarge, withContent } from './stored-content.ts'
import type { Checksum, Repo } from './types.ts'

/** @throws CtrbuildError OBJECT_DAMAGED */
export function readCommit(repo: Repo, checksum: Checksum): Commit {
  return decodeCommit(readMetadata(repo, checksum, 'commit'))
}

/** @throws CtrbuildError OBJECT_DAMAGED */
export function readDirTree(repo: Repo, checksum: Checksum): DirTree {
  return decodeDirTree(readMetadata(repo, checksum, 'dirtree'))
}

/** @throws CtrbuildError OBJECT_DAMAGED */
export function readDirMeta(repo: Repo, checksum: Checksum): Meta {
  return decodeDirMeta(readMetadata(repo, checksum, 'dirmeta'))
}

/**
 * A content object as a node of a tree. A file's content is not looked at, so its checksum is taken on trust;
 * a symbolic link's is not.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function readFileInfo(repo: Repo, checksum: Checksum): File | Symlink {
  return withContent(repo, checksum, ({ info, size }) => nodeOf(info, size, checksum))
}

/**
 * The content of a regular file.
 * @throws CtrbuildError LAYER_LIMIT where there are more than `most` bytes, OBJECT_DAMAGED
 */
export function readContent(repo: Repo, checksum: Checksum, most: number): Buffer {
  return withContent(repo, checksum, stored => {
    if (stored.info.kind === 'symlink') throw damaged(checksum, 'is a symbolic link, not a file')
    if (stored.size > most) throw tooLarge(checksum, stored.size, most)
    return checked(stored.bytes(), stored.info.meta, checksum)
  })
}

/**
 * The content of a regular file of which all else is known: since that is part of its checksum, nothing but the content
 * is read, and the native module that reads extended attributes is not loaded.
 * @throws CtrbuildError LAYER_LIMIT where there are more than `most` bytes, OBJECT_DAMAGED
 */
export function readContentOf(repo: Repo, checksum: Checksum, meta: Meta, most: number): Buffer {
  if (repo.mode === 'archive') return readContent(repo, checksum, most)
  return checked(readPlainObject(repo, checksum, most), meta, checksum)
}

function checked(bytes: Buffer, meta: Meta, checksum: Checksum): Buffer {
  const found = createHash('sha256').update(contentHeader(meta)).update(bytes).digest('hex')
  if (found !== checksum) throw damaged(checksum, `does not have its checksum but ${found}`)
  return bytes
}

/** Entries of the largest tree that is read: trees share subtrees, and a small one can unfold without end. */
const MOST_ENTRIES = 5_000_000

/** One walk: what was read of the repository so far. */
interface Walk {
  readonly repo: Repo
  readonly trees: Map<Checksum, DirTree>
  readonly metas: Map<Checksum, Meta>
  readonly nodes: Map<Checksum, File | Symlink>
  /** Entries that may still come. */
  room: number
}

/**
 * The tree of a commit.
 *
 * A commit does not say which names are hard links of each other: files that merely are equal share an object too. So
 * every name gets a File of its own, and a writable copy of the tree never makes one inode of two files. Nor does a
 * commit say which directories a layer only implied: none is marked so.
 * @throws CtrbuildError OBJECT_DAMAGED, LAYER_LIMIT
 */
export function readTree(repo: Repo, commit: Checksum, mostEntries = MOST_ENTRIES): Dir {
  const walk: Walk = { repo, trees: new Map(), metas: new Map(), nodes: new Map(), room: mostEntries }
  const { tree, meta } = readCommit(repo, commit)
  return dirOf(walk, tree, meta, 0)
}

function dirOf(walk: Walk, tree: Checksum, meta: Checksum, depth: number): Dir {
  const { files, dirs } = once(walk.trees, tree, () => readDirTree(walk.repo, tree))
  walk.room -= files.length + dirs.length
  if (depth > MAX_DEPTH || walk.room < 0) {
    throw new CtrbuildError('LAYER_LIMIT', `the tree at dirtree ${tree} is too deep or has too many entries`)
  }
  const children = new Map<ByteString, Node>()
  for (const [name, checksum] of files) children.set(name, leafOf(walk, checksum))
  for (const [name, ...checksums] of dirs) children.set(name, dirOf(walk, ...checksums, depth + 1))
  return {
    kind: 'dir',
    meta: once(walk.metas, meta, () => readDirMeta(walk.repo, meta)),
    implied: false,
    children,
  }
}

function leafOf(walk: Walk, checksum: Checksum): File | Symlink {
  const node = once(walk.nodes, checksum, () => readFileInfo(walk.repo, checksum))
  return node.kind === 'file' ? { ...node } : node
}

function once<T>(known: Map<Checksum, T>, checksum: Checksum, read: () => T): T {
  let value = known.get(checksum)
  if (value === undefined) {
    value = read()
    known.set(checksum, value)
  }
  return value
}

function nodeOf(info: ContentInfo, size: number, checksum: Checksum): File | Symlink {
  if (info.kind === 'file') return { ...info, size, checksum }
  const found = symlinkChecksum(info.meta, info.target)
  if (found !== checksum) throw damaged(checksum, 'is a symbolic link that does not have its checksum')
  return { ...info, checksum }
}

function readMetadata(repo: Repo, checksum: Checksum, type: 'commit' | 'dirtree' | 'dirmeta'): Buffer {
  const bytes = readObject(repo, checksum, type)
  const found = checksumOf(bytes)
  if (found !== checksum) throw damaged(checksum, `(${type}) does not have its checksum but ${found}`)
  return bytes
}

function readObject(repo: Repo, checksum: Checksum, type: 'commit' | 'dirtree' | 'dirmeta'): Buffer {
  try {
    return readFileSync(join(repo.path, 'objects', objectPath(checksum, type)))
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw missing(checksum, type)
    throw error
  }
}
