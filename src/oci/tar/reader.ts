/**
 * Reads tar archives: v7, ustar, pax and GNU, strictly. What can be read in two ways is refused, not guessed.
 * Which paths may enter a root file system is not decided here.
 */
import type { ByteString, Xattr } from '../../tree/node.ts'
import { type Content, NO_CONTENT, openContent } from './content.ts'
import { type ByteSource, type Cursor, openCursor } from './cursor.ts'
import { type Gathered, gather, openGatherer } from './gather.ts'
import type { Header } from './header.ts'
import { checkLimit, checkPath, TAR_LIMITS, type TarLimits } from './limits.ts'
import { malformed } from './malformed.ts'
import { checkSparseMap, readOldSparseMap, readPaxSparseMap, type SparseMap } from './sparse.ts'

/** One member of an archive. */
export interface TarEntry {
  /** As stored: neither normalised nor proven harmless. Without NUL bytes, and within the limits. */
  readonly path: ByteString
  readonly type: TarType
  /** Permission bits (07777). */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of a file's content with its holes; 0 for all else. */
  readonly size: number
  /** Where a symlink or hard link points, as stored; empty for all else. */
  readonly linkTarget: ByteString
  /** Sorted by name, no name twice. */
  readonly xattrs: readonly Xattr[]
  /**
   * A file's content, to be read once. A buffer is valid until the next one is asked for, the last one until the
   * next entry is.
   */
  readonly body: ByteSource
}

export type TarType = 'file' | 'dir' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo'

interface Stored {
  /** Bytes of content that the archive holds. */
  readonly stored: number
  readonly map?: SparseMap
}

/** Linux has 32 bits for a user or group, and keeps the last number for "none". */
const MAX_ID = 0xffff_fffe

/**
 * The entries of an archive in order. What the caller leaves of a body is passed over when it asks for the next
 * entry; after the last one the source is read to its end.
 * @throws CtrbuildError TAR_INVALID, with the byte where the header begins; LAYER_LIMIT, with the limit's name
 */
export function* readTar(
  source: ByteSource,
  limits: TarLimits = TAR_LIMITS,
): Generator<TarEntry, void, void> {
  const cursor = openCursor(source, limits)
  const gatherer = openGatherer(cursor, limits)
  for (let count = 1; ; count++) {
    const gathered = gather(gatherer)
    if (gathered === undefined) return
    checkLimit(limits, 'entries', count, gathered.header.offset)
    const { entry, content } = openEntry(gathered, cursor, limits)
    yield entry
    content.leave()
  }
}

function openEntry(
  gathered: Gathered,
  cursor: Cursor,
  limits: TarLimits,
): { entry: TarEntry; content: Content } {
  const { header, pax } = gathered
  const path = oneOf(header, gathered.longPath, pax.sparse?.name ?? pax.path) ?? header.path
  // GNU tar would take it for the folder itself, libarchive for nothing.
  if (path === '') throw malformed(header.offset, 'an entry has no name')
  checkPath(limits, path, header.offset)
  const type = typeOf(header, path)
  for (const [name, value] of pax.xattrs) cursor.expand(name.length + value.length)
  const { stored, map } = storedOf(gathered, type, cursor, limits)
  const content = openContent(cursor, stored, map)
  const isFile = type === 'file'
  const entry = {
    path,
    type,
    mode: header.mode,
    uid: checkId(header, pax.uid ?? header.uid),
    gid: checkId(header, pax.gid ?? header.gid),
    size: isFile ? (map?.size ?? stored) : 0,
    linkTarget: linkTargetOf(gathered, type, limits),
    xattrs: pax.xattrs,
    body: isFile ? content : NO_CONTENT,
  }
  return { entry, content }
}

/**
 * Types by typeflag (POSIX pax, "ustar Header Block"; GNU tar manual, "Basic Tar Format"). A file whose path ends
 * with a slash is a directory, as old tars wrote it. Unknown typeflags are files, as POSIX asks and libarchive does;
 * refused are those that are known to mean what cannot be done here: pieces of other volumes (M), lists of names
 * for entries before (N), Solaris ACLs (A).
 */
function typeOf({ typeflag, offset }: Header, path: ByteString): TarType {
  switch (typeflag) {
    case '1':
      return 'hardlink'
    case '2':
      return 'symlink'
    case '3':
      return 'char'
    case '4':
      return 'block'
    case '5':
    case 'D':
      return 'dir'
    case '6':
      return 'fifo'
    case 'M':
    case 'N':
    case 'A':
      throw malformed(offset, `an entry has the typeflag ${typeflag}, which layers do not use`)
    default:
      return path.endsWith('/') ? 'dir' : 'file'
  }
}

/**
 * How many bytes follow the header, and what they are of the file. Links, devices and typeflag 5 have none, whatever
 * their size says, as in Go and Python: POSIX lets a directory name a quota there, and a hard link's size is that of
 * the file, which GNU tar ignores too. (Pax would let a hard link bring its content once more; no layer does.)
 */
function storedOf(gathered: Gathered, type: TarType, cursor: Cursor, limits: TarLimits): Stored {
  const { header, pax } = gathered
  const size = pax.size ?? header.size
  if (header.typeflag === 'S' || pax.sparse !== undefined)
    return sparseStoredOf(gathered, type, size, cursor, limits)
  return { stored: type === 'file' || (type === 'dir' && header.typeflag !== '5') ? size : 0 }
}

function sparseStoredOf(
  gathered: Gathered,
  type: TarType,
  size: number,
  cursor: Cursor,
  limits: TarLimits,
): Stored {
  const { header, block, pax } = gathered
  const context = { header, cursor, limits }
  const isOld = header.typeflag === 'S'
  if (type !== 'file') throw malformed(header.offset, 'what is no file is said to be sparse')
  if (isOld && (header.format !== 'gnu' || pax.sparse !== undefined)) {
    throw malformed(header.offset, "a sparse file has two maps, or one that is not GNU tar's")
  }
  const found = pax.sparse
    ? readPaxSparseMap(pax.sparse, size, context)
    : { map: readOldSparseMap(block, context), stored: size }
  checkSparseMap(found.map, found.stored, header.offset)
  cursor.expand(found.map.size - found.stored)
  return found
}

function linkTargetOf(gathered: Gathered, type: TarType, limits: TarLimits): ByteString {
  const { header, longLink, pax } = gathered
  if (type !== 'symlink' && type !== 'hardlink') return ''
  const target = oneOf(header, longLink, pax.linkTarget) ?? header.linkTarget
  if (target === '') throw malformed(header.offset, 'a link has no target')
  if (type === 'hardlink') checkPath(limits, target, header.offset)
  else checkLimit(limits, 'pathBytes', target.length, header.offset)
  return target
}

/** Of a GNU long name and a pax record for one thing GNU tar takes the record, Go the long name: they must agree. */
function oneOf(
  { offset }: Header,
  long: ByteString | undefined,
  pax: ByteString | undefined,
): ByteString | undefined {
  if (long !== undefined && pax !== undefined && long !== pax) {
    throw malformed(offset, 'a GNU long name and a pax record name two different paths')
  }
  return pax ?? long
}

function checkId({ offset }: Header, id: number): number {
  if (id > MAX_ID) throw malformed(offset, `${id} is no user or group that Linux knows`)
  return id
}
