/** One 512-byte header of a tar archive: v7, ustar or GNU, with its checksum proven. */
import type { ByteString } from '../../tree/node.ts'
import { BLOCK } from './cursor.ts'
import { malformed } from './malformed.ts'
import { headerNumber } from './numbers.ts'

/** What the header itself says; pax headers and GNU long names before it may know better. */
export interface Header {
  /** Where it begins in the archive. */
  readonly offset: number
  readonly format: 'v7' | 'ustar' | 'gnu'
  /** One character; `\0` is the old `0`. */
  readonly typeflag: string
  /** With ustar's prefix in front. */
  readonly path: ByteString
  readonly linkTarget: ByteString
  /** Permission bits (07777). */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes that follow the header, for the types that have any. */
  readonly size: number
}

/** Room for one header, seen as bytes and as words. */
export interface HeaderBlock {
  readonly bytes: Buffer
  readonly words: Int32Array
}

interface Field {
  readonly at: number
  readonly width: number
}

/** Places and widths of fields (POSIX pax, "ustar Header Block"; GNU tar manual, "Basic Tar Format"). */
const NAME = { at: 0, width: 100 }
const MODE = { at: 100, width: 8 }
const UID = { at: 108, width: 8 }
const GID = { at: 116, width: 8 }
const SIZE = { at: 124, width: 12 }
const MTIME = { at: 136, width: 12 }
const CHECKSUM = { at: 148, width: 8 }
const TYPEFLAG = 156
const LINK_NAME = { at: 157, width: 100 }
const MAGIC = 257
const DEVICE = [329, 337].map(at => ({ at, width: 8 }))
const PREFIX = { at: 345, width: 155 }
const GNU_TIMES = [345, 357].map(at => ({ at, width: 12 }))

/** Room for a header. */
export function newHeaderBlock(): HeaderBlock {
  const bytes = Buffer.alloc(BLOCK)
  return { bytes, words: new Int32Array(bytes.buffer, bytes.byteOffset, BLOCK / 4) }
}

/**
 * Reads a header.
 * @throws CtrbuildError TAR_INVALID if the checksum, the magic or a number is wrong
 */
export function parseHeader(block: HeaderBlock, offset: number): Header {
  const { bytes } = block
  if (!hasChecksum(block)) throw malformed(offset, 'the checksum is wrong')
  const format = formatOf(bytes)
  if (format === undefined) throw malformed(offset, 'the magic is none of ustar, GNU or v7')
  checkUnused(bytes, format, offset)
  return {
    offset,
    format,
    typeflag: String.fromCharCode(bytes[TYPEFLAG]!),
    path: pathOf(bytes, format),
    linkTarget: text(bytes, LINK_NAME),
    mode: number(bytes, MODE, 'mode', offset) % 0o10000,
    uid: number(bytes, UID, 'uid', offset),
    gid: number(bytes, GID, 'gid', offset),
    size: number(bytes, SIZE, 'size', offset),
  }
}

/** True for a block of the end-of-archive marker. */
export function isZeroBlock({ words }: HeaderBlock): boolean {
  return words[0] === 0 && words.every(word => word === 0)
}

/**
 * Proves the sum of all bytes with the checksum's own as spaces. POSIX adds unsigned bytes; the sum of signed bytes,
 * which some old writers made, is let pass as GNU tar does.
 */
function hasChecksum({ bytes, words }: HeaderBlock): boolean {
  const wanted = headerNumber(bytes, CHECKSUM.at, CHECKSUM.width)
  let sum = sumOf(words) + CHECKSUM.width * 0x20
  for (let at = CHECKSUM.at; at < CHECKSUM.at + CHECKSUM.width; at++) sum -= bytes[at]!
  if (sum === wanted) return true
  for (let at = 0; at < BLOCK; at++) {
    const isOwn = at >= CHECKSUM.at && at < CHECKSUM.at + CHECKSUM.width
    if (!isOwn && bytes[at]! >= 0x80) sum -= 0x100
  }
  return sum === wanted
}

/** Adds the bytes of a header two at a time: in each half of a word there is room for 128 times twice 255. */
function sumOf(words: Int32Array): number {
  let halves = 0
  for (let at = 0; at < BLOCK / 4; at++) {
    const word = words[at]!
    halves = (halves + (word & 0x00ff00ff) + ((word >>> 8) & 0x00ff00ff)) | 0
  }
  return (halves & 0xffff) + (halves >>> 16)
}

/** ustar is known by its magic alone, as versions other than `00` are in use; v7 has nothing there. */
function formatOf(bytes: Buffer): Header['format'] | undefined {
  if (stands(bytes, 'ustar\0')) return 'ustar'
  if (stands(bytes, 'ustar  \0')) return 'gnu'
  return stands(bytes, '\0\0\0\0\0\0\0\0') ? 'v7' : undefined
}

function stands(bytes: Buffer, magic: string): boolean {
  for (let at = 0; at < magic.length; at++) if (bytes[MAGIC + at] !== magic.charCodeAt(at)) return false
  return true
}

/** Refuses what is not kept but wrong: times and device numbers, as Go and in part GNU tar and Python do. */
function checkUnused(bytes: Buffer, format: Header['format'], offset: number): void {
  if (!isTime(bytes, MTIME)) throw malformed(offset, 'the time is not a number that tar allows')
  if (format !== 'v7') for (const field of DEVICE) number(bytes, field, 'device', offset)
}

/**
 * Go before 1.8, and with it old Docker, wrote a ustar prefix under GNU's magic, where GNU keeps two times.
 * What can be no time and is ASCII is taken for that prefix, as Go's archive/tar does to this day.
 */
function pathOf(bytes: Buffer, format: Header['format']): ByteString {
  const name = text(bytes, NAME)
  if (format === 'v7' || bytes[PREFIX.at] === 0) return name
  const prefix = text(bytes, PREFIX)
  if (
    format === 'gnu' &&
    (GNU_TIMES.every(field => isTime(bytes, field)) || !/^[\x01-\x7f]+$/.test(prefix))
  ) {
    return name
  }
  return `${prefix}/${name}`
}

/** True for any number, those before 1970 too. */
function isTime(bytes: Buffer, { at, width }: Field): boolean {
  return bytes[at]! >= 0x80 || headerNumber(bytes, at, width) !== undefined
}

/** The bytes before the first NUL of a field. */
function text(bytes: Buffer, { at, width }: Field): ByteString {
  if (bytes[at] === 0) return ''
  const nul = bytes.indexOf(0, at)
  return bytes.toString('latin1', at, nul === -1 ? at + width : Math.min(nul, at + width))
}

function number(bytes: Buffer, { at, width }: Field, what: string, offset: number): number {
  const value = headerNumber(bytes, at, width)
  if (value === undefined) throw malformed(offset, `the ${what} is not a number that tar allows`)
  return value
}
