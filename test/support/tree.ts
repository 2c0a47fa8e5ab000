/**
 * Trees as text, one entry a line, for input and for what is expected alike:
 *
 *     d /etc 755            directory; `i /etc` where it is only implied
 *     f /etc/passwd 644 root:x
 *     l /bin usr/bin        symbolic link
 *     h /b /a               hard link; to lower layers it is printed as `h /b ^/a`
 *     c /dev/null           character device; `b` for a block device, `p` for a FIFO
 *
 * After the mode may come `@UID:GID` and `+XATTR=HEX`, after the path of a symlink too. Modes are 755 and 644 by default.
 * Bytes that are not printable ASCII, and spaces in paths, are written `\xHH`.
 */
import { createHash } from 'node:crypto'
import { createLayer, type LayerEntry } from '../../src/tree/layer.ts'
import type { TreeLimits } from '../../src/tree/limits.ts'
import {
  type ByteString,
  compareBytes,
  type Dir,
  type Meta,
  type Node,
  type SpecialType,
  type Xattr,
} from '../../src/tree/node.ts'
import { settle } from '../../src/tree/settle.ts'
import { union, unionAdd } from '../../src/tree/union.ts'
import type { TarInput } from './tar-writer.ts'

const contents = new Map<string, Buffer>()

/** The tree of one layer. */
export function layer(text: string): Dir {
  return layerOf(entries(text))
}

/** The tree of one layer's entries. */
export function layerOf(list: Iterable<LayerEntry>, limits?: TreeLimits): Dir {
  const builder = createLayer(limits)
  for (const entry of list) builder.add(entry)
  return builder.finish().root
}

/** The union of some layers, lowest first; both orders of merging must give it. */
export function merge(layers: readonly Dir[]): Dir {
  const settled = settle(layers)
  const root = union(settled)
  const topDown = show(unionAdd(settled))
  if (topDown !== show(root)) throw new Error(`union and unionAdd differ:\n${show(root)}\n---\n${topDown}`)
  return root
}

/** The union of layers given as text, as text. */
export function merged(...layers: string[]): string {
  return show(merge(layers.map(layer)))
}

/** The entries that a text stands for. */
export function entries(text: string): LayerEntry[] {
  return members(text).map(entryOf)
}

/** The members of an archive that a text stands for. */
export function members(text: string): TarInput[] {
  return lines(text).map(parseLine)
}

/** A text as `show` prints it: trimmed, without comments, indentation and empty lines. */
export function lines(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
}

/** A member of an archive as the tar reader hands it on. */
export function entryOf(input: TarInput): LayerEntry {
  const { path, type, target = '', content = Buffer.alloc(0) } = input
  const meta: Meta = {
    uid: input.uid ?? 0,
    gid: input.gid ?? 0,
    mode: input.mode ?? (type === 'dir' ? 0o755 : type === 'symlink' ? 0o777 : 0o644),
    xattrs: (input.xattrs ?? []).toSorted((a, b) => compareBytes(a[0], b[0])),
  }
  if (type === 'dir') return { kind: 'dir', path, meta }
  if (type === 'file')
    return { kind: 'file', path, meta, size: content.length, checksum: checksumOf(meta, content) }
  if (type === 'symlink') {
    return { kind: 'symlink', path, meta, target, checksum: checksumOf(meta, Buffer.from(target, 'latin1')) }
  }
  if (type === 'hardlink') return { kind: 'hardlink', path, target }
  return { kind: 'special', path, type }
}

/** A checksum that stands for owner, mode, xattrs and content, as OSTree's does. */
export function checksumOf(meta: Meta, content: Buffer): string {
  const checksum = createHash('sha256').update(metaText(meta)).update('\0').update(content).digest('hex')
  contents.set(checksum, content)
  return checksum
}

/** A tree as text, in the order of its paths' bytes; a root like any other is left out. */
export function show(root: Dir): string {
  const out: string[] = []
  if (metaText(root.meta) !== ' 755') out.push(`d /${metaText(root.meta)}`)
  showChildren(root, '', out, new Map())
  return out.join('\n')
}

function showChildren(dir: Dir, path: ByteString, out: string[], seen: Map<Node, ByteString>): void {
  for (const [name, node] of [...dir.children].sort((a, b) => compareBytes(a[0], b[0]))) {
    const child = `${path}/${name}`
    const first = seen.get(node)
    seen.set(node, first ?? child)
    out.push(
      first === undefined || node.kind === 'dir'
        ? showNode(node, escaped(child))
        : `h ${escaped(child)} ${escaped(first)}`,
    )
    if (node.kind === 'dir') showChildren(node, child, out, seen)
  }
}

function showNode(node: Node, path: string): string {
  switch (node.kind) {
    case 'dir':
      return node.implied ? `i ${path}` : `d ${path}${metaText(node.meta)}`
    case 'file': {
      const content = contents.get(node.checksum)
      if (content?.length !== node.size) throw new Error(`${path} has ${node.size} bytes of unknown content`)
      return `f ${path}${metaText(node.meta)} ${escaped(content.toString('latin1'), true)}`.trimEnd()
    }
    case 'symlink':
      return `l ${path}${metaText({ ...node.meta, mode: -1 })} ${escaped(node.target)}`
    case 'link':
      return `h ${path} ^/${escaped(node.target)}`
    case 'special':
      return `${LETTERS[node.type]} ${path}`
    default:
      return node satisfies never
  }
}

function metaText({ mode, uid, gid, xattrs }: Meta): string {
  const owner = uid === 0 && gid === 0 ? '' : ` @${uid}:${gid}`
  const attributes = xattrs.map(([name, value]) => ` +${name}=${value.toString('hex')}`).join('')
  return `${mode < 0 ? '' : ` ${mode.toString(8)}`}${owner}${attributes}`
}

function escaped(bytes: ByteString, keepSpaces = false): string {
  const odd = keepSpaces ? /[^ -[\]-~]/g : /[^!-[\]-~]/g
  return bytes.replace(odd, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function unescaped(text: string): ByteString {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

const SPECIAL: Readonly<Record<string, SpecialType>> = { b: 'block', c: 'char', p: 'fifo' }
const LETTERS: Readonly<Record<SpecialType, string>> = { block: 'b', char: 'c', fifo: 'p' }

function parseLine(line: string): TarInput {
  const [letter = '', rawPath = '', ...words] = line.split(' ')
  const path = unescaped(rawPath)
  const special = SPECIAL[letter]
  if (special !== undefined) return { path, type: special }
  if (letter === 'h') return { path, type: 'hardlink', target: unescaped(words[0]!) }
  const mode =
    letter !== 'l' && /^[0-7]{3,4}$/.test(words[0] ?? '') ? Number.parseInt(words.shift()!, 8) : undefined
  const [uid = 0, gid = 0] = words[0]?.startsWith('@') ? words.shift()!.slice(1).split(':').map(Number) : []
  const xattrs: Xattr[] = []
  while (words[0]?.startsWith('+')) {
    const [name = '', value = ''] = words.shift()!.slice(1).split('=')
    xattrs.push([name, Buffer.from(value, 'hex')])
  }
  const rest = unescaped(words.join(' '))
  const base = { path, uid, gid, xattrs, ...(mode === undefined ? {} : { mode }) }
  if (letter === 'd') return { ...base, type: 'dir' }
  if (letter === 'l') return { ...base, type: 'symlink', target: rest }
  if (letter === 'f') return { ...base, type: 'file', content: Buffer.from(rest, 'latin1') }
  throw new Error(`not a line of a tree: ${line}`)
}
