/**
 * Writes tar archives for tests: POSIX ustar headers, and a pax header where ustar cannot say it.
 * Extended attributes are SCHILY.xattr records with their bytes as they are, as Docker and GNU tar write them.
 */
import type { ByteString, Xattr } from '../../src/tree/node.ts'

const TYPEFLAG = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  dir: '5',
  fifo: '6',
} as const
const BLOCK = 512
const MAX_ID = 0o7777777
const MAX_OCTAL_11 = 0o77777777777

/** What one entry of the archive is to be; only `path` and `type` are needed. */
export interface TarInput {
  readonly path: ByteString
  readonly type: keyof typeof TYPEFLAG
  /** Default 0644, for a directory 0755, for a symlink 0777. */
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  /** Content of a file. */
  readonly content?: Buffer
  /** Where a symlink or hard link points. */
  readonly target?: ByteString
  readonly xattrs?: readonly Xattr[]
  /** Seconds since 1970; default 0. */
  readonly mtime?: number
  /** Major and minor of a char or block device; default 1 and 3. */
  readonly device?: readonly [major: number, minor: number]
}

/** Fields of one 512-byte header as they are stored; texts and numbers that do not fit are the caller's mistake. */
export interface HeaderFields {
  readonly name: ByteString
  readonly typeflag: string
  readonly size?: number
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly mtime?: number
  readonly linkname?: ByteString
  /** Default `ustar\0` and version 00; GNU's is `ustar  \0`, and v7's is empty. */
  readonly magic?: string
  readonly prefix?: ByteString
  readonly device?: readonly [major: number, minor: number]
}

/** The whole archive, with two zero blocks at its end. */
export function writeTar(entries: Iterable<TarInput>): Buffer {
  const blocks: Buffer[] = []
  for (const entry of entries) blocks.push(...entryBlocks(entry))
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)])
}

/** One 512-byte header with its checksum. */
export function tarHeader(fields: HeaderFields): Buffer {
  const block = Buffer.alloc(BLOCK)
  block.write(fields.name, 0, 100, 'latin1')
  writeOctal(block, 100, 8, fields.mode ?? 0o644)
  writeOctal(block, 108, 8, fields.uid ?? 0)
  writeOctal(block, 116, 8, fields.gid ?? 0)
  writeOctal(block, 124, 12, fields.size ?? 0)
  writeOctal(block, 136, 12, fields.mtime ?? 0)
  block.write(fields.typeflag, 156, 1, 'latin1')
  block.write(fields.linkname ?? '', 157, 100, 'latin1')
  block.write(fields.magic ?? 'ustar\x0000', 257, 8, 'latin1')
  if (fields.device !== undefined) {
    writeOctal(block, 329, 8, fields.device[0])
    writeOctal(block, 337, 8, fields.device[1])
  }
  if (fields.prefix !== undefined) block.write(fields.prefix, 345, 155, 'latin1')
  return sealHeader(block)
}

/** Writes the checksum of a header whose other fields are final. */
export function sealHeader(block: Buffer): Buffer {
  block.fill(0x20, 148, 156)
  let sum = 0
  for (let at = 0; at < BLOCK; at++) sum += block[at]!
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1')
  return block
}

/** Content and the zeros that fill its last block. */
export function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)])
}

/** One `LENGTH KEY=VALUE\n` record of a pax header (POSIX pax, "pax Extended Header"). */
export function paxRecord(key: ByteString, value: ByteString | Buffer): Buffer {
  const rest = Buffer.concat([
    Buffer.from(` ${key}=`, 'latin1'),
    typeof value === 'string' ? Buffer.from(value, 'latin1') : value,
    Buffer.from('\n'),
  ])
  let length = rest.length
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

/** A pax header with its records: for the next entry, or with typeflag `g` for all that follow. */
export function paxHeader(records: readonly Buffer[], typeflag: 'x' | 'g' = 'x'): Buffer {
  const body = Buffer.concat(records)
  return Buffer.concat([tarHeader({ name: 'PaxHeaders/0', typeflag, size: body.length }), padded(body)])
}

function entryBlocks(entry: TarInput): Buffer[] {
  const content = entry.content ?? Buffer.alloc(0)
  const records = paxRecords(entry)
  const [prefix, name] = splitPath(entry.path) ?? ['', entry.path.slice(0, 100)]
  const isDevice = entry.type === 'char' || entry.type === 'block'
  const header = tarHeader({
    name,
    prefix,
    typeflag: TYPEFLAG[entry.type],
    size: content.length,
    mode: entry.mode ?? (entry.type === 'dir' ? 0o755 : entry.type === 'symlink' ? 0o777 : 0o644),
    uid: fits(entry.uid, MAX_ID) ? (entry.uid ?? 0) : 0,
    gid: fits(entry.gid, MAX_ID) ? (entry.gid ?? 0) : 0,
    mtime: fits(entry.mtime, MAX_OCTAL_11) ? (entry.mtime ?? 0) : 0,
    linkname: (entry.target ?? '').slice(0, 100),
    device: entry.device ?? (isDevice ? [1, 3] : [0, 0]),
  })
  const pax = records.length > 0 ? [paxHeader(records)] : []
  return [...pax, header, padded(content)]
}

function paxRecords(entry: TarInput): Buffer[] {
  const { path, target = '', xattrs = [] } = entry
  const names: Buffer[] = []
  if (!isAscii(path) || splitPath(path) === undefined) names.push(paxRecord('path', path))
  if (!isAscii(target) || target.length > 100) names.push(paxRecord('linkpath', target))
  // Without this record libarchive and Python take names for UTF-8 (POSIX pax, "hdrcharset").
  if (names.length > 0 && !(isUtf8(path) && isUtf8(target))) names.unshift(paxRecord('hdrcharset', 'BINARY'))
  const numbers = (['uid', 'gid', 'mtime'] as const)
    .filter(key => !fits(entry[key], key === 'mtime' ? MAX_OCTAL_11 : MAX_ID))
    .map(key => paxRecord(key, String(entry[key])))
  return [...names, ...numbers, ...xattrs.map(([name, value]) => paxRecord(`SCHILY.xattr.${name}`, value))]
}

/** Prefix and name of a ustar header, cut at the last slash that lets both fit; undefined where none does. */
function splitPath(path: ByteString): [prefix: ByteString, name: ByteString] | undefined {
  if (path.length <= 100) return ['', path]
  const slash = path.indexOf('/', path.length - 101)
  if (slash <= 0 || slash > 155 || slash === path.length - 1) return undefined
  return [path.slice(0, slash), path.slice(slash + 1)]
}

function fits(value: number | undefined, max: number): boolean {
  return value === undefined || (Number.isInteger(value) && value >= 0 && value <= max)
}

function isAscii(text: ByteString): boolean {
  return /^[\x00-\x7f]*$/.test(text)
}

function isUtf8(text: ByteString): boolean {
  const bytes = Buffer.from(text, 'latin1')
  return Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes)
}

function writeOctal(block: Buffer, at: number, width: number, value: number): void {
  block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, width, 'latin1')
}
