/** Pax extended headers: records that say of an entry what its ustar header cannot, kept as bytes throughout. */
import type { ByteString, Xattr } from '../../tree/node.ts'
import { checkLimit, type TarLimits } from './limits.ts'
import { malformed } from './malformed.ts'
import { decimalNumber } from './numbers.ts'
import { sortedXattrs, xattrOf } from './xattrs.ts'

/** What pax headers say about an entry; undefined where they say nothing. */
export interface Pax {
  readonly path: ByteString | undefined
  readonly linkTarget: ByteString | undefined
  readonly size: number | undefined
  readonly uid: number | undefined
  readonly gid: number | undefined
  /** Sorted by name, no name twice: of two records for one name the later holds. */
  readonly xattrs: readonly Xattr[]
  readonly sparse: PaxSparse | undefined
}

/** The `GNU.sparse` records of one entry (GNU tar manual, "Storing Sparse Files"). */
export interface PaxSparse {
  readonly major?: number
  readonly minor?: number
  /** The file's name, where the header has a made-up one. */
  readonly name?: ByteString
  /** Bytes of the file with its holes. */
  readonly size?: number
  /** How many pieces the map has. */
  readonly count?: number
  /** Offset and length of each piece in turn. */
  readonly map: readonly number[]
}

/** Where a pax header stands and what it applies to. */
export interface PaxContext {
  readonly offset: number
  /** True for typeflag `g`, which applies to all entries that follow. */
  readonly isGlobal: boolean
  readonly limits: TarLimits
}

/** Before any pax header. */
export const NO_PAX: Pax = {
  path: undefined,
  linkTarget: undefined,
  size: undefined,
  uid: undefined,
  gid: undefined,
  xattrs: [],
  sparse: undefined,
}

/** GNU tar writes these for every entry; a layer's times are not kept. */
const TIMES = new Set(['mtime', 'atime', 'ctime'])
const GNU_SPARSE = 'GNU.sparse.'

type Writable<T> = { -readonly [K in keyof T]: T[K] }
type SparseDraft = Writable<Omit<PaxSparse, 'map'>> & { map: number[] }

/** A pax header while it is read. */
interface Draft {
  readonly pax: Writable<Pax>
  sparse: SparseDraft | undefined
  xattrs: Map<ByteString, Buffer> | undefined
}

/**
 * What holds after a pax header (POSIX pax, "pax Extended Header"): its records over those that held before.
 * An empty value in a global header takes back what an earlier one said; for one entry it would take away
 * what the entry needs, and is refused. Unknown keywords are passed over, as POSIX asks.
 */
export function readPax(body: Buffer, before: Pax, context: PaxContext): Pax {
  const pax: Writable<Pax> = { ...before }
  const draft: Draft = { pax, sparse: undefined, xattrs: undefined }
  for (let at = 0; at < body.length; ) at = readRecord(draft, body, at, context)
  if (draft.xattrs !== undefined) pax.xattrs = sortedXattrs([...before.xattrs, ...draft.xattrs])
  pax.sparse = draft.sparse
  return pax
}

/** Reads one record, `LENGTH KEY=VALUE\n` where LENGTH counts all of it, and says where the next one begins. */
function readRecord(draft: Draft, body: Buffer, at: number, context: PaxContext): number {
  const space = body.indexOf(0x20, at)
  const length = space === -1 ? undefined : decimalNumber(body, at, space)
  if (length === undefined) throw malformed(context.offset, 'a pax record has no length')
  const equals = body.indexOf(0x3d, space)
  const end = at + length
  const isWhole = end <= body.length && body[end - 1] === 0x0a && equals > space + 1 && equals < end
  if (!isWhole) throw malformed(context.offset, 'a pax record is malformed')
  const key = body.toString('latin1', space + 1, equals)
  if (key.includes('\0')) throw malformed(context.offset, "a pax record's keyword has a NUL byte")
  if (!TIMES.has(key)) readValue(draft, key, body.subarray(equals + 1, end - 1), context)
  return end
}

function readValue(draft: Draft, key: ByteString, value: Buffer, context: PaxContext): void {
  switch (key) {
    case 'path':
      draft.pax.path = unlessEmpty(key, value, context, textOf)
      break
    case 'linkpath':
      draft.pax.linkTarget = unlessEmpty(key, value, context, textOf)
      break
    case 'size':
    case 'uid':
    case 'gid':
      draft.pax[key] = unlessEmpty(key, value, context, numberOf)
      break
    default:
      if (key.startsWith(GNU_SPARSE)) readSparse(draft, key, value, context)
      else readXattr(draft, key, value, context)
  }
}

type Read<T> = (key: string, value: Buffer, context: PaxContext) => T

function unlessEmpty<T>(key: string, value: Buffer, context: PaxContext, read: Read<T>): T | undefined {
  if (value.length > 0) return read(key, value, context)
  if (!context.isGlobal) throw malformed(context.offset, `the pax record ${key} is empty`)
  return undefined
}

function readXattr(draft: Draft, key: ByteString, raw: Buffer, { limits, offset }: PaxContext): void {
  const xattr = xattrOf(key, raw)
  if (xattr === undefined) return
  if (typeof xattr === 'string') throw malformed(offset, xattr)
  const [name, value] = xattr
  checkLimit(limits, 'xattrBytes', value.length, offset)
  draft.xattrs ??= new Map()
  draft.xattrs.set(name, value)
}

/** Version 0.0 repeats `offset` and `numbytes` in pairs, 0.1 has one `map`, 1.0 keeps its map before the content. */
function readSparse(draft: Draft, key: ByteString, value: Buffer, context: PaxContext): void {
  if (context.isGlobal) throw malformed(context.offset, 'a global pax header describes a sparse file')
  draft.sparse ??= { map: [] }
  const { sparse } = draft
  const next = sparse.map.length % 2 === 0 ? 'offset' : 'numbytes'
  switch (key.slice(GNU_SPARSE.length)) {
    case 'major':
      sparse.major = numberOf(key, value, context)
      break
    case 'minor':
      sparse.minor = numberOf(key, value, context)
      break
    case 'name':
      sparse.name = textOf(key, value, context)
      break
    case 'size':
    case 'realsize':
      sparse.size = numberOf(key, value, context)
      break
    case 'numblocks':
      sparse.count = numberOf(key, value, context)
      break
    case 'map':
      sparse.map = numbersOf(key, value, context)
      break
    case next:
      sparse.map.push(numberOf(key, value, context))
      break
    default:
      throw malformed(context.offset, `the pax record ${key} is not one of a sparse file`)
  }
}

function numbersOf(key: string, value: Buffer, context: PaxContext): number[] {
  const texts = value.length === 0 ? [] : value.toString('latin1').split(',')
  return texts.map(text => numberOf(key, Buffer.from(text, 'latin1'), context))
}

function textOf(key: string, value: Buffer, { offset }: PaxContext): ByteString {
  if (value.includes(0)) throw malformed(offset, `the pax record ${key} has a NUL byte`)
  return value.toString('latin1')
}

function numberOf(key: string, value: Buffer, { offset }: PaxContext): number {
  const number = decimalNumber(value, 0, value.length)
  if (number === undefined) throw malformed(offset, `the pax record ${key} is not a number that tar allows`)
  return number
}
