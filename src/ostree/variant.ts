/** GVariant's `a{sv}`: the metadata of a commit. */
import { array, bytes, type Codec, text, tuple } from './gvariant.ts'

/** A value of a type that ctrbuild has no use for, as it is stored. */
export interface Opaque {
  readonly signature: string
  readonly bytes: Buffer
}

/** A value of the types `s`, `ay`, `t` and `u`, in this order, or any other. */
export type Variant = string | Buffer | bigint | number | Opaque

/** `v`: the value, NUL, and its type. */
const variant: Codec<Variant> = {
  alignment: 8,
  size: undefined,
  write(sink, value) {
    bytes.write(sink, contentOf(value))
    bytes.write(sink, Buffer.from(`\0${signatureOf(value)}`, 'latin1'))
  },
  read(from, start, end) {
    const nul = from.subarray(start, end).lastIndexOf(0)
    if (nul < 0) throw new RangeError('a variant has no type')
    return readValue(from, start, start + nul, from.toString('latin1', start + nul + 1, end))
  },
}

const entry = tuple<[string, Variant]>(text, variant)

/** `a{sv}` in the order it is stored. An entry is laid out as the tuple of its key and value. */
export const dictionary: Codec<readonly (readonly [string, Variant])[]> = array(entry)

function readValue(from: Buffer, start: number, end: number, signature: string): Variant {
  const content = Buffer.from(from.subarray(start, end))
  switch (signature) {
    case 's':
      return text.read(from, start, end)
    case 'ay':
      return content
    case 't':
      return integer(content, 8).readBigUInt64LE()
    case 'u':
      return integer(content, 4).readUInt32LE()
    default:
      return { signature, bytes: content }
  }
}

function integer(content: Buffer, size: number): Buffer {
  if (content.length !== size) throw new RangeError('an integer is cut short')
  return content
}

function contentOf(value: Variant): Buffer {
  if (typeof value === 'string') return Buffer.from(`${value}\0`, 'utf8')
  if (typeof value === 'bigint') return littleEndian(8, content => content.writeBigUInt64LE(value))
  if (typeof value === 'number') return littleEndian(4, content => content.writeUInt32LE(value))
  return Buffer.isBuffer(value) ? value : value.bytes
}

function littleEndian(size: number, write: (content: Buffer) => void): Buffer {
  const content = Buffer.alloc(size)
  write(content)
  return content
}

function signatureOf(value: Variant): string {
  if (typeof value === 'string') return 's'
  if (typeof value === 'bigint') return 't'
  if (typeof value === 'number') return 'u'
  return Buffer.isBuffer(value) ? 'ay' : value.signature
}
