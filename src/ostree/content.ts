/** Files and symbolic links as OSTree content objects: what their checksums cover and where their owner and mode go. */
import { createHash } from 'node:crypto'
import { CtrbuildError } from '../errors.ts'
import type { ByteString, Meta, Xattr } from '../tree/node.ts'
import { byteString, decode, encode, tuple, u32, u64 } from './gvariant.ts'
import { decodeInode, encodeInode, S_IFLNK, S_IFMT, S_IFREG, storable, xattrList } from './objects.ts'
import type { Checksum } from './types.ts'

/** What a content object says beside its content. */
export type ContentInfo =
  | { readonly kind: 'file'; readonly meta: Meta }
  | { readonly kind: 'symlink'; readonly meta: Meta; readonly target: ByteString }

type Header = readonly [
  uid: number,
  gid: number,
  mode: number,
  rdev: number,
  target: ByteString,
  xattrs: readonly Xattr[],
]

/** `(uuuusa(ayay))` (ostree-core.h, "OSTREE_FILE_HEADER_GVARIANT"). */
const header = tuple<Header>(u32, u32, u32, u32, byteString, xattrList)
/** `(tuuuusa(ayay))`: the same after the content's uncompressed size, as a filez object begins. */
const filezHeader = tuple<readonly [size: number, ...Header]>(u64, u32, u32, u32, u32, byteString, xattrList)

const fileHeaders = new Map<string, Buffer>()
const MOST_HEADERS = 1024

/**
 * The bytes that come before the content in a content checksum: the header's length, four zero bytes, and the header.
 * A target makes it a symbolic link's. The buffer is shared between calls: do not write to it.
 */
export function contentHeader(meta: Meta, target?: ByteString): Buffer {
  if (target !== undefined) return framed(encodeHeader(meta, S_IFLNK, target))
  if (meta.xattrs.length > 0) return framed(encodeHeader(meta, S_IFREG, ''))
  const key = `${meta.uid} ${meta.gid} ${meta.mode}`
  const known = fileHeaders.get(key)
  if (known !== undefined) return known
  const made = framed(encodeHeader(meta, S_IFREG, ''))
  if (fileHeaders.size >= MOST_HEADERS) fileHeaders.clear()
  fileHeaders.set(key, made)
  return made
}

/** The checksum of a symbolic link, which has no content beside its header. */
export function symlinkChecksum(meta: Meta, target: ByteString): Checksum {
  return createHash('sha256').update(contentHeader(meta, target)).digest('hex') as Checksum
}

/** The value of the xattr `user.ostreemeta`, in which a bare-user repository keeps owner, mode and xattrs. */
export function encodeOstreeMeta(meta: Meta, kind: ContentInfo['kind']): Buffer {
  return encodeInode(meta, kind === 'file' ? S_IFREG : S_IFLNK)
}

/** @throws CtrbuildError OBJECT_DAMAGED */
export function decodeOstreeMeta(value: Buffer): { readonly kind: ContentInfo['kind']; readonly meta: Meta } {
  const { type, meta } = decodeInode(value, 'user.ostreemeta')
  return { kind: kindOf(type), meta }
}

/**
 * Reads the header of a filez object, without its eight bytes of framing.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function decodeFilezHeader(bytes: Buffer): { readonly size: number; readonly info: ContentInfo } {
  const [size, uid, gid, mode, , target, xattrs] = decode(filezHeader, bytes, 'filez header')
  const meta: Meta = { uid, gid, mode: mode & ~S_IFMT, xattrs }
  const kind = kindOf(mode & S_IFMT)
  return { size, info: kind === 'file' ? { kind, meta } : { kind, meta, target } }
}

function kindOf(type: number): ContentInfo['kind'] {
  if (type === S_IFREG) return 'file'
  if (type === S_IFLNK) return 'symlink'
  throw new CtrbuildError('OBJECT_DAMAGED', 'a content object is neither a file nor a symbolic link')
}

function encodeHeader(meta: Meta, type: number, target: ByteString): Buffer {
  return encode(header, [meta.uid, meta.gid, (type | meta.mode) >>> 0, 0, target, storable(meta.xattrs)])
}

function framed(variant: Buffer): Buffer {
  const bytes = Buffer.alloc(8 + variant.length)
  bytes.writeUInt32BE(variant.length, 0)
  bytes.set(variant, 8)
  return bytes
}
