/** Directories as OSTree objects: `dirmeta` and `dirtree` (libostree, ostree-core.h, "GVariant formats"). */
import { CtrbuildError } from '../errors.ts'
import { type ByteString, display, type Meta, type Xattr } from '../tree/node.ts'
import { array, byteString, bytes, type Codec, decode, encode, tuple, u32 } from './gvariant.ts'
import { grow } from './sink.ts'
import type { Checksum } from './types.ts'

/** A name and the checksum of its content. */
export type FileEntry = readonly [name: ByteString, checksum: Checksum]
/** A name and the checksums of its dirtree and dirmeta. */
export type DirEntry = readonly [name: ByteString, tree: Checksum, meta: Checksum]

/** A decoded dirtree. */
export interface DirTree {
  /** Sorted by name. */
  readonly files: readonly FileEntry[]
  /** Sorted by name. */
  readonly dirs: readonly DirEntry[]
}

/** File types of mode_t (inode(7)). */
export const S_IFMT = 0o170000
export const S_IFDIR = 0o040000
export const S_IFREG = 0o100000
export const S_IFLNK = 0o120000

/** `a(ayay)`: names end with NUL. */
export const xattrList: Codec<readonly Xattr[]> = array(tuple<Xattr>(byteString, bytes))

/** `(uuua(ayay))`: what a dirmeta is, and what `user.ostreemeta` holds. The mode includes the file type. */
const inode = tuple<[uid: number, gid: number, mode: number, xattrs: readonly Xattr[]]>(
  u32,
  u32,
  u32,
  xattrList,
)

/** `ay` of 32 bytes. */
const checksum: Codec<Checksum> = {
  alignment: 1,
  size: undefined,
  write(sink, value) {
    const at = grow(sink, 32)
    sink.bytes.write(value, at, 32, 'hex')
  },
  read(from, start, end) {
    if (end - start !== 32) throw new RangeError('a checksum does not have 32 bytes')
    return from.toString('hex', start, end) as Checksum
  },
}

/** `(a(say)a(sayay))`. */
const dirTree = tuple<[files: readonly FileEntry[], dirs: readonly DirEntry[]]>(
  array(tuple<FileEntry>(byteString, checksum)),
  array(tuple<DirEntry>(byteString, checksum, checksum)),
)

/** The dirmeta object of a directory. */
export function encodeDirMeta(meta: Meta): Buffer {
  return encodeInode(meta, S_IFDIR)
}

/** @throws CtrbuildError OBJECT_DAMAGED */
export function decodeDirMeta(object: Buffer): Meta {
  const { type, meta } = decodeInode(object, 'dirmeta')
  if (type !== S_IFDIR) throw new CtrbuildError('OBJECT_DAMAGED', 'dirmeta does not describe a directory')
  return meta
}

/** Owner, mode and xattrs of an inode with its file type. */
export function encodeInode({ uid, gid, mode, xattrs }: Meta, type: number): Buffer {
  return encode(inode, [uid, gid, (type | mode) >>> 0, storable(xattrs)])
}

/** Attributes as objects hold them: libostree takes one without a value for one that is not there. */
export function storable(xattrs: readonly Xattr[]): readonly Xattr[] {
  return xattrs.some(([, value]) => value.length === 0)
    ? xattrs.filter(([, value]) => value.length > 0)
    : xattrs
}

/** @throws CtrbuildError OBJECT_DAMAGED */
export function decodeInode(object: Buffer, what: string): { readonly type: number; readonly meta: Meta } {
  const [uid, gid, mode, xattrs] = decode(inode, object, what)
  return { type: mode & S_IFMT, meta: { uid, gid, mode: mode & ~S_IFMT, xattrs } }
}

/** The dirtree object of a directory's children; both lists sorted by name. */
export function encodeDirTree(files: readonly FileEntry[], dirs: readonly DirEntry[]): Buffer {
  return encode(dirTree, [files, dirs])
}

/**
 * Reads a dirtree. Names are such that each can only be a child of its directory (libostree's
 * `ostree_validate_structureof_dirtree`), sorted, and none is there twice.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function decodeDirTree(object: Buffer): DirTree {
  const [files, dirs] = decode(dirTree, object, 'dirtree')
  checkNames(files)
  checkNames(dirs)
  const names = new Set(files.map(([name]) => name))
  const twice = dirs.find(([name]) => names.has(name))
  if (twice !== undefined) throw badName(twice[0], 'is both a file and a directory')
  return { files, dirs }
}

function checkNames(entries: readonly (FileEntry | DirEntry)[]): void {
  let previous = ''
  for (const [name] of entries) {
    if (name === '' || name === '.' || name === '..' || name.includes('/'))
      throw badName(name, 'is not a file name')
    if (name <= previous) throw badName(name, 'is out of order')
    previous = name
  }
}

function badName(name: ByteString, problem: string): CtrbuildError {
  return new CtrbuildError('OBJECT_DAMAGED', `dirtree is malformed: the name "${display(name)}" ${problem}`)
}
