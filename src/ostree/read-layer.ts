/** One layer's tar into staged objects: a content object for each file and symlink, and the objects of its tree. */
import { createHash } from 'node:crypto'
import type { ByteSource } from '../oci/tar/cursor.ts'
import type { TarLimits } from '../oci/tar/limits.ts'
import { readTar, type TarEntry } from '../oci/tar/reader.ts'
import { keptXattrs } from '../oci/xattr-policy.ts'
import { createLayer, type Dropped, type LayerEntry } from '../tree/layer.ts'
import { encodeListing } from '../tree/listing.ts'
import type { ByteString, Meta } from '../tree/node.ts'
import { countTree, type TreeStats } from '../tree/stats.ts'
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
import type { RootChecksums } from './tree-objects.ts'
import type { Checksum } from './types.ts'
import { putTree } from './write.ts'

/** Content up to this many bytes is written from memory in one go. */
const SMALL = 1 << 20
/** Linux has no other for a symbolic link (symlink(7)), whatever an archive says. */
const SYMLINK_MODE = 0o777

/** What reading a layer's tar came to: all its objects are staged, and nothing names them yet. */
export interface ReadLayer {
  /** The tree as encodeListing writes it, with its dirtrees. */
  readonly listing: string
  readonly root: RootChecksums
  readonly stats: TreeStats
  readonly dropped: readonly Dropped[]
  /** Whiteouts that are not empty files; they count all the same. */
  readonly oddWhiteouts: readonly ByteString[]
  /** Names of extended attributes that were not kept, sorted. */
  readonly droppedXattrs: readonly ByteString[]
}

/**
 * Reads a layer's tar and stages every object that the repository does not have.
 * @throws CtrbuildError TAR_INVALID, LAYER_LIMIT, LAYER_CONFLICT; the operating system's errors
 */
export function readLayer(source: ByteSource, limits: TarLimits, writer: ObjectWriter): ReadLayer {
  const layer = createLayer(limits)
  const droppedXattrs = new Set<ByteString>()
  for (const entry of readTar(source, limits)) {
    const xattrs = entry.type === 'symlink' ? [] : keptXattrs(entry.xattrs)
    for (const [name] of entry.xattrs) {
      if (!xattrs.some(([kept]) => kept === name)) droppedXattrs.add(name)
    }
    layer.add(layerEntry(entry, xattrs, writer))
  }
  const { root, dropped, oddWhiteouts } = layer.finish()
  const checksums = putTree(writer, root)
  return {
    listing: encodeListing(root, dir => writer.stored.get(dir)),
    root: checksums,
    stats: countTree(root),
    dropped,
    oddWhiteouts,
    droppedXattrs: [...droppedXattrs].sort(),
  }
}

function layerEntry(entry: TarEntry, xattrs: Meta['xattrs'], writer: ObjectWriter): LayerEntry {
  const { path, uid, gid } = entry
  const mode = entry.type === 'symlink' ? SYMLINK_MODE : entry.mode
  const meta: Meta = { uid, gid, mode, xattrs }
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
