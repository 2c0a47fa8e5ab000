/**
 * Writes tar archives: ustar headers (POSIX.1, "ustar Interchange Format"), and a pax header where ustar cannot say it.
 * Nothing but the members decides the bytes: times are 0, and there are no names of users.
 */
import type { ByteString, Meta } from '../../tree/node.ts'

/** One member to write. */
export type TarMember =
  | { readonly type: 'dir'; readonly path: ByteString; readonly meta: Meta }
  /** The caller writes `size` bytes of content after the header, and then the padding. */
  | { readonly type: 'file'; readonly path: ByteString; readonly meta: Meta; readonly size: number }
  | {
      readonly type: 'symlink'
      readonly path: ByteString
      readonly meta: Meta
      readonly target: ByteString
    }
  /** `target` is the path of an earlier member. */
  | { readonly type: 'hardlink'; readonly path: ByteString; readonly meta: Meta; readonly target: ByteString }

const BLOCK = 512
const TYPEFLAG = { file: '0', hardlink: '1', symlink: '2', dir: '5' } as const
/** Largest numbers of the octal fields. */
const MAX_ID = 0o7777777
const MAX_SIZE = 0o77777777777
const LONGEST_NAME = 100
const LONGEST_PREFIX = 155

/** The two blocks of zeros that end an archive. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK)

/** All of a member but its content. */
export function memberHeader(member: TarMember): Buffer {
  const { type, meta } = member
  const path = type === 'dir' && !member.path.endsWith('/') ? `${member.path}/` : member.path
  const target = type === 'symlink' || type === 'hardlink' ? member.target : ''
  const size = type === 'file' ? member.size : 0
  const [prefix, name] = splitName(path) ?? ['', path.slice(0, LONGEST_NAME)]
  const header = ustarBlock({
    name,
    prefix,
    typeflag: TYPEFLAG[type],
    mode: meta.mode,
    uid: meta.uid > MAX_ID ? 0 : meta.uid,
    gid: meta.gid > MAX_ID ? 0 : meta.gid,
    size: size > MAX_SIZE ? 0 : size,
    linkname: target.slice(0, LONGEST_NAME),
  })
  const records = paxRecords(path, target, size, meta)
  return records.length === 0 ? header : Buffer.concat([paxHeader(records), header])
}

/** What fills the last block of a content of so many bytes. */
export function memberPadding(size: number): Buffer {
  return TAR_END.subarray(0, (BLOCK - (size % BLOCK)) % BLOCK)
}

function paxRecords(path: ByteString, target: ByteString, size: number, meta: Meta): Buffer[] {
  const names: Buffer[] = []
  if (!isAscii(path) || splitName(path) === undefined) names.push(record('path', path))
  if (!isAscii(target) || target.length > LONGEST_NAME) names.push(record('linkpath', target))
  // Without it libarchive takes names for UTF-8 (POSIX pax, "hdrcharset").
  if (names.length > 0 && !(isUtf8(path) && isUtf8(target))) names.unshift(record('hdrcharset', 'BINARY'))
  const numbers = (
    [
      ['uid', meta.uid, MAX_ID],
      ['gid', meta.gid, MAX_ID],
      ['size', size, MAX_SIZE],
    ] as const
  )
    .filter(([, value, most]) => value > most)
    .map(([key, value]) => record(key, String(value)))
  return [...names, ...numbers, ...meta.xattrs.map(([name, value]) => record(`SCHILY.xattr.${name}`, value))]
}

/** One `LENGTH KEY=VALUE` record (POSIX pax, "pax Extended Header"): the length counts itself. */
function record(key: ByteString, value: ByteString | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value
  const rest = Buffer.concat([Buffer.from(` ${key}=`, 'latin1'), bytes, Buffer.from('\n')])
  let length = rest.length
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

function paxHeader(records: readonly Buffer[]): Buffer {
  const body = Buffer.concat(records)
  const header = ustarBlock({
    name: 'PaxHeaders/0',
    prefix: '',
    typeflag: 'x',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
    linkname: '',
  })
  return Buffer.concat([header, body, memberPadding(body.length)])
}

interface UstarFields {
  readonly name: ByteString
  readonly prefix: ByteString
  readonly typeflag: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly linkname: ByteString
}

function ustarBlock(fields: UstarFields): Buffer {
  const block = Buffer.alloc(BLOCK)
  const octal = (at: number, width: number, value: number) =>
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, width, 'latin1')
  block.write(fields.name, 0, LONGEST_NAME, 'latin1')
  octal(100, 8, fields.mode)
  octal(108, 8, fields.uid)
  octal(116, 8, fields.gid)
  octal(124, 12, fields.size)
  octal(136, 12, 0)
  block.fill(' ', 148, 156)
  block.write(fields.typeflag, 156, 1, 'latin1')
  block.write(fields.linkname, 157, LONGEST_NAME, 'latin1')
  block.write('ustar\x0000', 257, 8, 'latin1')
  octal(329, 8, 0)
  octal(337, 8, 0)
  block.write(fields.prefix, 345, LONGEST_PREFIX, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1')
  return block
}

/** Prefix and name, cut at a slash that lets both fit; undefined where none does. */
function splitName(path: ByteString): readonly [prefix: ByteString, name: ByteString] | undefined {
  if (path.length <= LONGEST_NAME) return ['', path]
  const slash = path.indexOf('/', path.length - LONGEST_NAME - 1)
  if (slash <= 0 || slash > LONGEST_PREFIX || slash === path.length - 1) return undefined
  return [path.slice(0, slash), path.slice(slash + 1)]
}

function isAscii(text: ByteString): boolean {
  return /^[\x00-\x7f]*$/.test(text)
}

function isUtf8(text: ByteString): boolean {
  const bytes = Buffer.from(text, 'latin1')
  return Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes)
}
