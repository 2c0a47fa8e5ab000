/** Sparse files: which pieces of a file an archive holds, in each of GNU tar's four notations. */
import { BLOCK, type Cursor } from './cursor.ts'
import type { Header } from './header.ts'
import { checkLimit, type TarLimits } from './limits.ts'
import { malformed } from './malformed.ts'
import { headerNumber } from './numbers.ts'
import type { PaxSparse } from './pax.ts'

/** A file's size and those of its pieces that are not holes, in order. */
export interface SparseMap {
  /** Bytes of the file with its holes. */
  readonly size: number
  /** Offset and length of each piece in turn. */
  readonly pieces: readonly number[]
}

/** Where a map is read from. */
export interface SparseContext {
  readonly header: Header
  readonly cursor: Cursor
  readonly limits: TarLimits
}

/** Places in an old GNU header (GNU tar manual, "Basic Tar Format", struct oldgnu_header and struct sparse_header). */
const OLD = { at: 386, count: 4, isExtended: 482, realSize: 483 }
const EXTENSION = { at: 0, count: 21, isExtended: 504 }
const NUMBER_WIDTH = 12

/**
 * The map of an entry with typeflag `S`: four pieces in the header, more in blocks after it. A piece without
 * a length ends the list.
 */
export function readOldSparseMap(block: Buffer, context: SparseContext): SparseMap {
  const { cursor, header, limits } = context
  const size = fieldNumber(block, OLD.realSize, context)
  const pieces: number[] = []
  let isOpen = pushPieces(pieces, block, OLD, context)
  let isExtended = block[OLD.isExtended] !== 0
  for (let bytes = BLOCK; isExtended; bytes += BLOCK) {
    checkLimit(limits, 'headerSize', bytes, header.offset)
    const more = cursor.read(BLOCK)
    if (isOpen) isOpen = pushPieces(pieces, more, EXTENSION, context)
    isExtended = more[EXTENSION.isExtended] !== 0
  }
  return { size, pieces }
}

/**
 * The map that pax records describe (GNU tar manual, "Storing Sparse Files"). Version 1.0 has it as lines of
 * decimal digits in front of the content: the count, then offset and length of each piece.
 * @param stored bytes of the entry's content as the archive holds it
 * @returns the map, and how many of those bytes are left after it
 */
export function readPaxSparseMap(
  sparse: PaxSparse,
  stored: number,
  context: SparseContext,
): { map: SparseMap; stored: number } {
  const { offset } = context.header
  const { major, minor, map, count, size } = sparse
  if (size === undefined) throw malformed(offset, 'a sparse file has no size')
  if (major === undefined && minor === undefined) {
    const isWhole = count === undefined ? map.length > 0 : map.length === count * 2
    if (!isWhole) throw malformed(offset, "a sparse file's map has not as many pieces as it says")
    return { map: { size, pieces: map }, stored }
  }
  if (major !== 1 || minor !== 0) throw malformed(offset, 'a sparse file is of an unknown version')
  if (map.length > 0 || count !== undefined) throw malformed(offset, 'a sparse file has two maps')
  const { pieces, length } = readLines(stored, context)
  return { map: { size, pieces }, stored: stored - length }
}

/**
 * Lets a map pass whose pieces are in order, do not overlap, lie in the file, and are as long in sum as what is stored.
 * @throws CtrbuildError TAR_INVALID for any other
 */
export function checkSparseMap({ size, pieces }: SparseMap, stored: number, offset: number): void {
  let end = 0
  let sum = 0
  for (let at = 0; at < pieces.length; at += 2) {
    const start = pieces[at]!
    const length = pieces[at + 1]
    if (length === undefined || start < end || start + length > size) {
      throw malformed(offset, "a sparse file's pieces overlap or do not lie in it")
    }
    end = start + length
    sum += length
  }
  if (sum !== stored)
    throw malformed(offset, `a sparse file's pieces have ${sum} bytes, ${stored} are stored`)
}

/** Adds the pieces of one block; false when the list ended there. */
function pushPieces(
  pieces: number[],
  block: Buffer,
  { at, count }: { at: number; count: number },
  context: SparseContext,
): boolean {
  for (let index = 0; index < count; index++) {
    const from = at + index * 2 * NUMBER_WIDTH
    if (block[from + NUMBER_WIDTH] === 0) {
      if (block[from] !== 0) throw malformed(context.header.offset, 'a piece of a sparse file has no length')
      return false
    }
    pieces.push(fieldNumber(block, from, context), fieldNumber(block, from + NUMBER_WIDTH, context))
  }
  return true
}

function fieldNumber(block: Buffer, at: number, { header }: SparseContext): number {
  const value = headerNumber(block, at, NUMBER_WIDTH)
  if (value === undefined)
    throw malformed(header.offset, 'a number of a sparse map is not one that tar allows')
  return value
}

/** Reads the map of version 1.0, and the zeros that fill its last block. */
function readLines(
  stored: number,
  { cursor, header, limits }: SparseContext,
): { pieces: number[]; length: number } {
  const numbers: number[] = []
  let wanted = 1
  let number: number | undefined
  let length = 0
  while (numbers.length < wanted) {
    length += BLOCK
    checkLimit(limits, 'headerSize', length, header.offset)
    if (length > stored) throw malformed(header.offset, "a sparse file's map is longer than what is stored")
    for (const byte of cursor.read(BLOCK)) {
      const digit = byte - 0x30
      if (digit >= 0 && digit <= 9) number = (number ?? 0) * 10 + digit
      else if (byte !== 0x0a || number === undefined)
        throw malformed(header.offset, "a sparse file's map is not decimal lines")
      else {
        numbers.push(number)
        number = undefined
        wanted = 1 + 2 * numbers[0]!
        if (numbers.length === wanted) break
      }
    }
  }
  return { pieces: numbers.slice(1), length }
}
