/** Random trees for comparing with libostree: as archive members, and as the value that they stand for. */
import { createHash } from 'node:crypto'
import { contentHeader, symlinkChecksum } from '../../src/ostree/content.ts'
import type { Checksum } from '../../src/ostree/types.ts'
import {
  type ByteString,
  bytesOf,
  compareBytes,
  type Dir,
  type Meta,
  type Node,
  type Xattr,
} from '../../src/tree/node.ts'
import type { TarInput } from '../support/tar-writer.ts'

/** A tree, and the content of its files by checksum. */
export interface TreeWithContent {
  readonly root: Dir
  readonly contents: ReadonlyMap<Checksum, Buffer>
}

/** What random trees are made of. */
export interface TreeOptions {
  readonly entries: number
  /** Owners to choose from, group and user alike. */
  readonly ids: readonly number[]
  readonly xattrs: boolean
}

interface OpenDir {
  readonly kind: 'dir'
  meta: Meta
  readonly implied: boolean
  readonly children: Map<ByteString, Node | OpenDir>
}

const NAMES = [
  'a',
  'b',
  'usr',
  'lib.so.1',
  '.hidden',
  '-rf',
  'with space',
  'ünïcode',
  '日本',
  'new\nline',
  '.wh.gone',
  '~',
  'A',
  'a.b',
  'a-b',
  'z'.repeat(255),
]
const MODES = [0o644, 0o755, 0o600, 0o444, 0o4755, 0o2755, 0o000, 0o777, 0o640]
const DIR_MODES = [0o755, 0o700, 0o1777, 0o2775, 0o555, 0o711]

/** Members in an order in which parents come first; the same seed gives the same tree. */
export function randomMembers(seed: number, { entries, ids, xattrs }: TreeOptions): TarInput[] {
  const random = generator(seed)
  const pick = <T>(from: readonly T[]): T => from[random(from.length)]!
  const folders: ByteString[] = ['']
  const paths = new Set<string>()
  const owner = () => ({ uid: pick(ids), gid: pick(ids) })
  const attributes = () => (xattrs && random(4) === 0 ? randomXattrs(random) : [])
  const members: TarInput[] = [
    { path: './', type: 'dir', mode: pick(DIR_MODES), ...owner(), xattrs: attributes() },
  ]
  for (let i = 0; i < entries; i++) {
    const name = bytesOf(random(3) === 0 ? pick(NAMES) : `${pick(NAMES).slice(0, 9)}${i}`)
    const path = `${pick(folders)}${name}`
    if (paths.has(path)) continue
    paths.add(path)
    const kind = random(10)
    if (kind < 3) {
      members.push({ path: `${path}/`, type: 'dir', mode: pick(DIR_MODES), ...owner(), xattrs: attributes() })
      folders.push(`${path}/`)
    } else if (kind < 5) {
      members.push({
        path,
        type: 'symlink',
        target: bytesOf(pick(['/x', '../ü', 'a b', '.', 'y'.repeat(300)])),
        ...owner(),
      })
    } else {
      const content = Buffer.alloc(pick([0, 0, 1, 17, 300, 5000, 70_000]), `${random(5)}`)
      members.push({ path, type: 'file', mode: pick(MODES), content, ...owner(), xattrs: attributes() })
    }
  }
  return members
}

/** The tree of such members. */
export function treeOf(members: readonly TarInput[]): TreeWithContent {
  const contents = new Map<Checksum, Buffer>()
  const root: OpenDir = {
    kind: 'dir',
    meta: metaOf({ path: '', type: 'dir' }),
    implied: false,
    children: new Map(),
  }
  for (const member of members) {
    const names = member.path.split('/').filter(name => name !== '' && name !== '.')
    const name = names.pop()
    if (name === undefined) {
      root.meta = metaOf(member)
      continue
    }
    const parent = names.reduce((dir, component) => dir.children.get(component) as OpenDir, root)
    parent.children.set(name, nodeOf(member, contents))
  }
  return { root: root as Dir, contents }
}

function nodeOf(member: TarInput, contents: Map<Checksum, Buffer>): Node | OpenDir {
  const meta = metaOf(member)
  if (member.type === 'dir') return { kind: 'dir', meta, implied: false, children: new Map() }
  if (member.type === 'symlink') {
    return { kind: 'symlink', meta, target: member.target!, checksum: symlinkChecksum(meta, member.target!) }
  }
  const content = member.content!
  const checksum = createHash('sha256').update(contentHeader(meta)).update(content).digest('hex') as Checksum
  contents.set(checksum, content)
  return { kind: 'file', meta, size: content.length, checksum }
}

function metaOf({ type, uid = 0, gid = 0, mode, xattrs = [] }: TarInput): Meta {
  const usual = type === 'dir' ? 0o755 : type === 'symlink' ? 0o777 : 0o644
  return { uid, gid, mode: mode ?? usual, xattrs: xattrs.toSorted((a, b) => compareBytes(a[0], b[0])) }
}

function randomXattrs(random: (below: number) => number): Xattr[] {
  const all: Xattr[] = [
    ['user.zeta', Buffer.from([0, 255, 10, 0])],
    ['user.alpha', Buffer.from('a')],
    ['user.long', Buffer.alloc(300, 'v')],
  ]
  return all.filter(() => random(2) === 0)
}

/** A small generator of numbers (mulberry32): tests must be the same everywhere. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
