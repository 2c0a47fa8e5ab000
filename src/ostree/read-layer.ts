/** One layer's tar: a staged content object for each file and symlink, and the tree that its entries make. */
import { createHash } from 'node:crypto'
import type { ByteSource } from '../oci/tar/cursor.ts'
import type { TarLimits } from '../oci/tar/limits.ts'
import { readTar, type TarEntry } from '../oci/tar/reader.ts'
import { keptXattrs } from '../oci/xattr-policy.ts'
import { createLayer, type Layer, type LayerEntry } from '../tree/layer.ts'
import type { ByteString, Meta } from '../tree/node.ts'
import { contentHeader, symlinkChecksum } from './content.ts'
import {
  abandonLargeFile,
  beginLargeFile,
  endLargeFile,
  type ObjectWriter,
  putFile,
  putSymlink,
  writeAll,
} from './object-writer.ts'
import type { Checksum } from './types.ts'

/** Content up to this many bytes is written from memory in one go. */
const SMALL = 1 << 20
/** Linux has no other for a symbolic link (symlink(7)), whatever an archive says. */
const SYMLINK_MODE = 0o777

/** What reading a layer's tar came to: the objects of its files and symlinks are staged, and nothing names them yet. */
export interface ReadLayer extends Layer {
  /** Names of extended attributes that were not kept, sorted. */
  readonly droppedXattrs: readonly ByteString[]
}

/**
 * Reads a layer's tar into its tree, and stages what its files and symlinks hold.
 * @throws CtrbuildError LAYER_CONFLICT, and what readEntries throws
 */
export function readLayer(source: ByteSource, limits: TarLimits, writer: ObjectWriter): ReadLayer {
  const layer = createLayer(limits)
  const droppedXattrs = readEntries(source, limits, writer, layer.add)
  return { ...layer.finish(), droppedXattrs }
}

/**
 * Reads a layer's tar, stages every content object that the repository does not have, and hands the entries on, each when
 * its content is staged.
 * @returns the names of extended attributes that were not kept, sorted
 * @throws CtrbuildError TAR_INVALID, LAYER_LIMIT; the operating system's errors; what `take` throws
 */
export function readEntries(
  source: ByteSource,
  limits: TarLimits,
  writer: ObjectWriter,
  take: (entry: LayerEntry) => void,
): ByteString[] {
  const droppedXattrs = new Set<ByteString>()
  const metas = new Map<string, Meta>()
  for (const entry of readTar(source, limits)) {
    const xattrs = entry.type === 'symlink' ? [] : keptXattrs(entry.xattrs)
    for (const [name] of entry.xattrs) {
      if (!xattrs.some(([kept]) => kept === name)) droppedXattrs.add(name)
    }
    take(layerEntry(entry, metaOf(metas, entry, xattrs), writer))
  }
  return [...droppedXattrs].sort()
}

/** Few files differ in owner and mode: those that do not share a value. */
function metaOf(known: Map<string, Meta>, entry: TarEntry, xattrs: Meta['xattrs']): Meta {
  const { uid, gid } = entry
  const mode = entry.type === 'symlink' ? SYMLINK_MODE : entry.mode
  if (xattrs.length > 0) return { uid, gid, mode, xattrs }
  const key = `${uid} ${gid} ${mode}`
  const found = known.get(key)
  if (found !== undefined) return found
  const meta: Meta = { uid, gid, mode, xattrs }
  known.set(key, meta)
  return meta
}

function layerEntry(entry: TarEntry, meta: Meta, writer: ObjectWriter): LayerEntry {
  const { path } = entry
  switch (entry.type) {
    case 'dir':
      return { kind: 'dir', path, meta }
    case 'file':
      return { kind: 'file', path, meta, size: entry.size, checksum: putContent(entry, meta, writer) }
    case 'symlink':
      return { kind: 'symlink', path, meta, target: entry.linkTarget, checksum: putLink(entry, meta, writer) }
    case 'hardlink':
      return { kind: 'hardlink', path, target: entry.linkTarget }
    default:
      return { kind: 'special', path, type: entry.type }
  }
}

function putLink(entry: TarEntry, meta: Meta, writer: ObjectWriter): Checksum {
  const checksum = symlinkChecksum(meta, entry.linkTarget)
  putSymlink(writer, checksum, meta, entry.linkTarget)
  return checksum
}

function putContent(entry: TarEntry, meta: Meta, writer: ObjectWriter): Checksum {
  return entry.size <= SMALL ? putSmall(entry, meta, writer) : putLarge(entry, meta, writer)
}

function putSmall(entry: TarEntry, meta: Meta, writer: ObjectWriter): Checksum {
  const hash = createHash('sha256').update(contentHeader(meta))
  const pieces: Buffer[] = []
  let length = 0
  for (let piece = entry.body.next(); piece !== undefined; piece = entry.body.next()) {
    hash.update(piece)
    length += piece.length
    // A piece is valid until the next one is read; the last one need not be copied.
    pieces.push(length === entry.size ? piece : Buffer.from(piece))
  }
  const checksum = hash.digest('hex') as Checksum
  putFile(writer, checksum, meta, pieces)
  return checksum
}

function putLarge(entry: TarEntry, meta: Meta, writer: ObjectWriter): Checksum {
  const hash = createHash('sha256').update(contentHeader(meta))
  const file = beginLargeFile(writer)
  try {
    for (let piece = entry.body.next(); piece !== undefined; piece = entry.body.next()) {
      hash.update(piece)
      writeAll(file.fd, piece)
    }
    const checksum = hash.digest('hex') as Checksum
    endLargeFile(writer, file, checksum, meta)
    return checksum
  } catch (error) {
    abandonLargeFile(file)
    throw error
  }
}
