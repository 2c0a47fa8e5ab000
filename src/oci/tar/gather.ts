/** The headers in front of an entry: pax headers and GNU long names are kept until the header they are about. */
import type { ByteString } from '../../tree/node.ts'
import { type Cursor, paddingOf } from './cursor.ts'
import { type Header, type HeaderBlock, isZeroBlock, newHeaderBlock, parseHeader } from './header.ts'
import { checkLimit, type TarLimits } from './limits.ts'
import { malformed } from './malformed.ts'
import { NO_PAX, type Pax, readPax } from './pax.ts'

/** An entry's own header and what came before it. */
export interface Gathered {
  readonly header: Header
  /** The header's 512 bytes, valid until the next header is read. */
  readonly block: Buffer
  /** What all pax headers that apply say together. */
  readonly pax: Pax
  /** From GNU's typeflag `L`. */
  readonly longPath: ByteString | undefined
  /** From GNU's typeflag `K`. */
  readonly longLink: ByteString | undefined
}

/** An archive while its headers are gathered. */
export interface Gatherer {
  readonly cursor: Cursor
  readonly limits: TarLimits
  readonly block: HeaderBlock
  globals: Pax
  globalBytes: number
}

/** Headers that wait for the entry they are about. */
interface Pending {
  pax?: Pax
  longPath?: ByteString
  longLink?: ByteString
}

/** A gatherer at the beginning of an archive. */
export function openGatherer(cursor: Cursor, limits: TarLimits): Gatherer {
  return { cursor, limits, block: newHeaderBlock(), globals: NO_PAX, globalBytes: 0 }
}

/**
 * The next entry's headers. Undefined at the end of the archive: at two zero blocks, or where the source ends
 * between entries, with or without one zero block, as GNU tar lets it.
 */
export function gather(gatherer: Gatherer): Gathered | undefined {
  const { block, cursor } = gatherer
  const pending: Pending = {}
  for (;;) {
    const isThere = cursor.readHeader(block.bytes)
    if (!isThere || isZeroBlock(block)) return endArchive(gatherer, pending, isThere)
    const header = parseHeader(block, cursor.headerOffset)
    if (keep(gatherer, header, pending)) continue
    const { pax = gatherer.globals, longPath, longLink } = pending
    return { header, block: block.bytes, pax, longPath, longLink }
  }
}

/** Keeps what a header says of entries after it; false for an entry's own header. */
function keep(gatherer: Gatherer, header: Header, pending: Pending): boolean {
  switch (header.typeflag) {
    case 'g':
      refuseWithin(header, pending)
      keepGlobal(gatherer, header)
      return true
    // Sun's tar writes its pax headers with X.
    case 'x':
    case 'X':
      setOnce(pending, 'pax', readPaxHeader(gatherer, header), header)
      return true
    case 'L':
      setOnce(pending, 'longPath', readLongName(gatherer, header), header)
      return true
    case 'K':
      setOnce(pending, 'longLink', readLongName(gatherer, header), header)
      return true
    // A volume's label, which says nothing of any entry.
    case 'V':
      refuseWithin(header, pending)
      if (header.size > 0) throw malformed(header.offset, 'a volume label has content')
      return true
    default:
      return false
  }
}

function refuseWithin({ offset, typeflag }: Header, pending: Pending): void {
  if (isEmpty(pending)) return
  throw malformed(offset, `typeflag ${typeflag} stands between an entry and its own headers`)
}

function keepGlobal(gatherer: Gatherer, header: Header): void {
  gatherer.globalBytes += header.size
  checkLimit(gatherer.limits, 'headerSize', gatherer.globalBytes, header.offset)
  gatherer.globals = readPaxHeader(gatherer, header)
}

function readPaxHeader(gatherer: Gatherer, header: Header): Pax {
  const { globals, limits } = gatherer
  const isGlobal = header.typeflag === 'g'
  return readBody(gatherer, header, body =>
    readPax(body, globals, { offset: header.offset, isGlobal, limits }),
  )
}

/** A name up to its NUL (GNU tar manual, "Basic Tar Format", GNUTYPE_LONGNAME). */
function readLongName(gatherer: Gatherer, header: Header): ByteString {
  return readBody(gatherer, header, body => {
    const nul = body.indexOf(0)
    const end = nul === -1 ? body.length : nul
    const isOne = body.subarray(end).every(byte => byte === 0)
    if (!isOne) throw malformed(header.offset, 'a long name has a NUL byte')
    return body.toString('latin1', 0, end)
  })
}

function readBody<T>({ cursor, limits }: Gatherer, header: Header, read: (body: Buffer) => T): T {
  checkLimit(limits, 'headerSize', header.size, header.offset)
  const result = read(cursor.read(header.size))
  cursor.skip(paddingOf(header.size))
  return result
}

/** Lets an archive end where nothing waits for an entry. */
function endArchive({ block, cursor }: Gatherer, pending: Pending, hasMarker: boolean): undefined {
  const offset = cursor.headerOffset
  if (!isEmpty(pending)) throw malformed(offset, 'the archive ends where an entry was announced')
  // GNU tar and libarchive would end here, Go fails: what one zero block hides is not for us to choose.
  if (hasMarker && cursor.readHeader(block.bytes) && !isZeroBlock(block)) {
    throw malformed(offset, 'a lone zero block stands before an entry')
  }
  cursor.drain()
}

function setOnce<K extends keyof Pending>(
  pending: Pending,
  key: K,
  value: Pending[K],
  { offset }: Header,
): void {
  if (pending[key] !== undefined) throw malformed(offset, 'an entry has two headers of one kind')
  pending[key] = value
}

function isEmpty({ pax, longPath, longLink }: Pending): boolean {
  return pax === undefined && longPath === undefined && longLink === undefined
}
