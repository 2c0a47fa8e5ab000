/** The rows of a listing (listing.ts has the format), each held against what can be written. */
import { CtrbuildError } from '../errors.ts'
import type { ByteString, Dir, File, Link, Meta, Special, Symlink, Xattr } from './node.ts'

export const VERSION = 1

/** What a row stands for. */
export const KIND = { dir: 0, implied: 1, file: 2, symlink: 3, link: 4, again: 5, special: 6 } as const

/** A row as it was read. */
export type Row = readonly unknown[]

const NAME = /^(?!\.\.?$)[^/\0\u0100-\uffff]{1,255}$/
const TARGET = /^[^\0\u0100-\uffff]+$/
const NO_DIGIT = /[^0-9a-f]/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Throws TypeError where something is not as it was written. */
export function expect(isSound: boolean): asserts isSound {
  if (!isSound) throw new TypeError('not as it was written')
}

/** What reading a listing of `what` ends with, where it is damaged; other errors as they are. `row` is -1 before any. */
export function damagedListing(error: unknown, what: string, row: number): unknown {
  if (!(error instanceof SyntaxError || error instanceof TypeError)) return error
  const where = row < 0 ? '' : ` in row ${row}`
  return new CtrbuildError('OBJECT_DAMAGED', `the listing of ${what} is damaged${where}`, { cause: error })
}

/** Metas, and rows that are still to be looked at. Throws SyntaxError or TypeError. */
export function parseListing(text: string): {
  readonly metas: readonly Meta[]
  readonly rows: readonly unknown[]
} {
  const { version, metas, rows } = JSON.parse(text)
  expect(version === VERSION && Array.isArray(metas) && Array.isArray(rows))
  return { metas: metas.map(parseMeta), rows }
}

/** Throws TypeError for what is no row. */
export function expectRow(raw: unknown): asserts raw is Row {
  expect(Array.isArray(raw))
}

/** Whether a row stands for a directory. */
export function isFolder(raw: Row): boolean {
  return raw[2] === KIND.dir || raw[2] === KIND.implied
}

/** Whether something can be a name in a directory. */
export function isName(name: unknown): name is ByteString {
  return typeof name === 'string' && NAME.test(name)
}

/** What a directory's row says. Throws TypeError. */
export function parseFolder(metas: readonly Meta[], raw: Row): Pick<Dir, 'meta' | 'implied'> {
  expect(raw.length === 4 || raw.length === 5)
  // Some stores have listings with a dirtree here, which nobody needs.
  if (raw.length === 5) checksumAt(raw, 4)
  return { meta: metaAt(metas, raw[3]), implied: raw[2] === KIND.implied }
}

/** What the row of anything but a directory stands for; not of one more name. Throws TypeError. */
export function parseLeaf(metas: readonly Meta[], raw: Row): File | Symlink | Link | Special {
  switch (raw[2]) {
    case KIND.file:
      return parseFile(metas, raw)
    case KIND.symlink:
      return parseSymlink(metas, raw)
    case KIND.link:
      return parseLink(raw)
    default:
      return parseSpecial(raw)
  }
}

function parseFile(metas: readonly Meta[], raw: Row): File {
  const size = raw[4]
  expect(raw.length === 6 && Number.isSafeInteger(size) && (size as number) >= 0)
  return { kind: 'file', meta: metaAt(metas, raw[3]), size: size as number, checksum: checksumAt(raw, 5) }
}

function parseSymlink(metas: readonly Meta[], raw: Row): Symlink {
  const target = raw[4]
  expect(raw.length === 6 && typeof target === 'string' && TARGET.test(target))
  return { kind: 'symlink', meta: metaAt(metas, raw[3]), target, checksum: checksumAt(raw, 5) }
}

function parseLink(raw: Row): Link {
  const target = raw[3]
  expect(raw.length === 4 && typeof target === 'string' && TARGET.test(target))
  return { kind: 'link', target }
}

function parseSpecial(raw: Row): Special {
  const type = raw[3]
  expect(raw.length === 4 && raw[2] === KIND.special)
  expect(type === 'char' || type === 'block' || type === 'fifo')
  return { kind: 'special', type }
}

function checksumAt(raw: Row, at: number): string {
  const checksum = raw[at]
  expect(typeof checksum === 'string' && checksum.length === 64 && !NO_DIGIT.test(checksum))
  return checksum
}

function metaAt(metas: readonly Meta[], index: unknown): Meta {
  const meta = metas[index as number]
  expect(typeof index === 'number' && meta !== undefined)
  return meta
}

/** What the row of a meta says. Throws TypeError. */
export function parseMeta(raw: unknown): Meta {
  expect(Array.isArray(raw) && raw.length === 4)
  const [uid, gid, mode, xattrs] = raw
  expect([uid, gid].every(id => Number.isInteger(id) && id >= 0 && id <= 0xffffffff))
  expect(Number.isInteger(mode) && mode >= 0 && mode <= 0o7777 && Array.isArray(xattrs))
  return { uid, gid, mode, xattrs: xattrs.map(parseXattr) }
}

function parseXattr(raw: unknown): Xattr {
  expect(Array.isArray(raw) && raw.length === 2)
  const [name, value] = raw
  expect(typeof name === 'string' && TARGET.test(name) && typeof value === 'string' && BASE64.test(value))
  return [name, Buffer.from(value, 'base64')]
}
