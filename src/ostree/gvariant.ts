/**
 * GVariant serialisation, as far as OSTree objects need it (GLib's "GVariant Specification", 2.3 to 2.5).
 *
 * A codec writes and reads one GVariant type. Integers of OSTree's own fields are big-endian by libostree's convention;
 * integers inside a variant are in GVariant's own byte order, which is little-endian here.
 */
import { CtrbuildError } from '../errors.ts'
import type { ByteString } from '../tree/node.ts'
import { align, grow, padded, type Sink } from './sink.ts'

/** Writes and reads values of one GVariant type. */
export interface Codec<T> {
  readonly alignment: 1 | 4 | 8
  /** Bytes of every value of the type, or undefined where they differ. */
  readonly size: number | undefined
  /** Appends the value; the sink is already aligned. */
  write(sink: Sink, value: T): void
  /** Reads the value from `bytes[start..end)`. Throws RangeError where there is none. */
  read(bytes: Buffer, start: number, end: number): T
}

const scratch: Sink = { bytes: Buffer.alloc(64 * 1024), length: 0 }

/** The serialised form of a value. */
export function encode<T>(codec: Codec<T>, value: T): Buffer {
  scratch.length = 0
  codec.write(scratch, value)
  return Buffer.from(scratch.bytes.subarray(0, scratch.length))
}

/**
 * Reads a value that fills `bytes`, and only in GVariant's normal form: there is one way to write a value, so whatever
 * does not come out the same when written again is damaged.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function decode<T>(codec: Codec<T>, bytes: Buffer, what: string): T {
  try {
    const value = codec.read(bytes, 0, bytes.length)
    if (!encode(codec, value).equals(bytes)) throw new RangeError('not in normal form')
    return value
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new CtrbuildError('OBJECT_DAMAGED', `${what} is malformed: ${error.message}`, { cause: error })
  }
}

/** `u`, big-endian. */
export const u32: Codec<number> = {
  alignment: 4,
  size: 4,
  write(sink, value) {
    const at = grow(sink, 4)
    sink.bytes.writeUInt32BE(value, at)
  },
  read: (bytes, start, end) => bytes.readUInt32BE(fixed(start, end, 4)),
}

/** `t`, big-endian; only as far as a JavaScript number is exact. */
export const u64: Codec<number> = {
  alignment: 8,
  size: 8,
  write(sink, value) {
    const at = grow(sink, 8)
    sink.bytes.writeBigUInt64BE(BigInt(value), at)
  },
  read: (bytes, start, end) => Number(bytes.readBigUInt64BE(fixed(start, end, 8))),
}

/** `ay`. */
export const bytes: Codec<Buffer> = {
  alignment: 1,
  size: undefined,
  write(sink, value) {
    const at = grow(sink, value.length)
    sink.bytes.set(value, at)
  },
  read: (from, start, end) => Buffer.from(from.subarray(start, end)),
}

/** `s` that need not be UTF-8: file names and symlink targets. */
export const byteString: Codec<ByteString> = {
  alignment: 1,
  size: undefined,
  write(sink, value) {
    let at = grow(sink, value.length + 1)
    const { bytes } = sink
    // Names are short: a call into Buffer's own code would take longer than this loop.
    for (let i = 0; i < value.length; i++) {
      const byte = value.charCodeAt(i)
      if (byte === 0 || byte > 0xff)
        throw new Error('a string of an OSTree object holds what is not a byte, or NUL')
      bytes[at++] = byte
    }
    bytes[at] = 0
  },
  read(from, start, end) {
    if (end <= start || from[end - 1] !== 0) throw new RangeError('a string does not end with NUL')
    const text = from.toString('latin1', start, end - 1)
    if (text.includes('\0')) throw new RangeError('a string holds NUL')
    return text
  },
}

/** `s` as text. */
export const text: Codec<string> = {
  alignment: 1,
  size: undefined,
  write: (sink, value) => byteString.write(sink, Buffer.from(value, 'utf8').toString('latin1')),
  read: (from, start, end) => Buffer.from(byteString.read(from, start, end), 'latin1').toString('utf8'),
}

/** An array of elements whose sizes differ: the elements, then where each of them ends. */
export function array<T>(element: Codec<T>): Codec<readonly T[]> {
  return {
    alignment: element.alignment,
    size: undefined,
    write(sink, values) {
      if (values.length === 0) return
      const start = sink.length
      const ends: number[] = []
      for (const value of values) {
        if (element.alignment > 1) align(sink, element.alignment)
        element.write(sink, value)
        ends.push(sink.length - start)
      }
      writeOffsets(sink, start, ends)
    },
    read(from, start, end) {
      if (start === end) return []
      const width = offsetWidth(end - start)
      const tableStart = start + readOffset(from, end - width, width)
      if (tableStart >= end || (end - tableStart) % width !== 0)
        throw new RangeError('an array has no valid offsets')
      const values: T[] = []
      let at = start
      for (let slot = tableStart; slot < end; slot += width) {
        const next = start + readOffset(from, slot, width)
        values.push(readMember(element, from, at, next, tableStart))
        at = next
      }
      return values
    },
  }
}

/** A tuple with a member of variable size: the members, then, last first, where each such member but the last ends. */
export function tuple<T extends readonly unknown[]>(
  ...members: { readonly [K in keyof T]: Codec<T[K]> }
): Codec<T> {
  const last = members.length - 1
  const marked = members.filter(({ size }, i) => size === undefined && i < last).length
  // Types do not contain themselves, so no value of this tuple is written while another one is.
  const ends: number[] = new Array(marked).fill(0)
  return {
    alignment: Math.max(...members.map(({ alignment }) => alignment)) as Codec<T>['alignment'],
    size: undefined,
    write(sink, values) {
      const start = sink.length
      let slot = marked
      for (let i = 0; i <= last; i++) {
        const member = members[i]!
        if (member.alignment > 1) align(sink, member.alignment)
        member.write(sink, values[i])
        if (member.size === undefined && i < last) ends[--slot] = sink.length - start
      }
      writeOffsets(sink, start, ends)
    },
    read(from, start, end) {
      const width = offsetWidth(end - start)
      let slot = end
      let at = start
      const values = members.map((member, i) => {
        const begin = padded(at, member.alignment)
        if (member.size !== undefined) at = begin + member.size
        else if (i === last) at = slot
        else {
          slot -= width
          at = start + readOffset(from, slot, width)
        }
        return readMember(member, from, begin, at, slot)
      })
      return values as unknown as T
    },
  }
}

/** A member of a container, which must not reach past `limit`. */
function readMember<T>(member: Codec<T>, from: Buffer, at: number, end: number, limit: number): T {
  const begin = padded(at, member.alignment)
  if (begin > end || end > limit) throw new RangeError('an offset points outside its container')
  return member.read(from, begin, end)
}

/** Appends offsets as wide as the container they complete asks for. */
function writeOffsets(sink: Sink, start: number, ends: readonly number[]): void {
  const body = sink.length - start
  let width = 1
  while (width < 8 && body + width * ends.length >= 2 ** (8 * width)) width *= 2
  if (width > 4) throw new Error('an OSTree object cannot hold 4 GiB')
  let at = grow(sink, width * ends.length)
  const { bytes } = sink
  for (const end of ends) {
    for (let rest = end, i = 0; i < width; i++, rest >>>= 8) bytes[at++] = rest & 0xff
  }
}

/** Bytes of one offset in a container of `size` bytes, its offsets included. */
function offsetWidth(size: number): number {
  return size <= 0xff ? 1 : size <= 0xffff ? 2 : 4
}

function readOffset(from: Buffer, at: number, width: number): number {
  if (at < 0) throw new RangeError('a container is too short for its offsets')
  return from.readUIntLE(at, width)
}

function fixed(start: number, end: number, size: number): number {
  if (end - start !== size) throw new RangeError('an integer is cut short')
  return start
}
