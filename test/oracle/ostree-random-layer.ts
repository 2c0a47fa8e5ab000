/**
 * Random layers that libostree can read: what it refuses, aborts on or keeps in an order of its own is left out (the
 * table in docs/ostree.md). The same seed gives the same layer.
 */
import { type ByteString, bytesOf, type Xattr } from '../../src/tree/node.ts'
import { type Random, randomOf } from '../support/random.ts'
import type { TarInput } from '../support/tar-writer.ts'

const NAMES: readonly ByteString[] = [
  'a',
  'b',
  'lib',
  'A',
  '.hidden',
  '-rf',
  'with space',
  'new\nline',
  'tab\t"quoted"\\',
  '~',
  '%41',
  'z'.repeat(255),
  bytesOf('ünïcode'),
  bytesOf('日本'),
  bytesOf('ß'),
]
const FILE_MODES = [0o644, 0o644, 0o755, 0o600, 0o444, 0o4755, 0o2711, 0o1644, 0o000, 0o777, 0o7777]
const DIR_MODES = [0o755, 0o755, 0o700, 0o1777, 0o2775, 0o555, 0o000]
const IDS = [0, 0, 1, 1000, 65534, 2_097_151, 2_097_152, 4_294_967_294]
/** Around tar's blocks, and rarely around what is written in one go and what is not. */
const SIZES = [0, 0, 1, 511, 512, 513, 5000, 70_000]
const LARGE_SIZES = [1_048_576, 1_048_577, 3_000_000]
const PREFIXES = ['', './', '/']
const TARGETS = ['a', '/etc/passwd', '../../..', '.', 'a//b/', bytesOf('zü'), 't'.repeat(300), 'with space\n']

interface Growing {
  readonly random: Random
  /** Directories by path with a trailing slash, the root as ''; true for those that are root's and 0755. */
  readonly dirs: Map<ByteString, boolean>
  readonly taken: Set<ByteString>
  /** Files that have one name so far, and may get another, or another content. */
  readonly single: Set<ByteString>
  /** Files that have several; libostree finds links of links by luck only. */
  readonly linked: Set<ByteString>
}

/** The members of a layer's tar. */
export function randomLayer(seed: number): TarInput[] {
  const random = randomOf(seed)
  const isListed = random.chance(0.7)
  const root: TarInput = { path: '', type: 'dir', ...metaOf(random, DIR_MODES) }
  const growing: Growing = {
    random,
    dirs: new Map([['', !isListed || isPlain(root)]]),
    taken: new Set(['']),
    single: new Set(),
    linked: new Set(),
  }
  const prefix = random.pick(PREFIXES)
  const members = Array.from({ length: random.between(0, 40) }, () => randomMember(growing)).filter(
    member => member !== undefined,
  )
  if (isListed || members.length === 0) members.unshift(root)
  else members[0] = { ...members[0]!, uid: 0, gid: 0 }
  return withEarlyLinks(random, members).map(member => ({ ...member, path: prefix + member.path || './' }))
}

function randomMember(growing: Growing): TarInput | undefined {
  const { random, dirs, taken, single } = growing
  const folder = random.pick([...dirs.keys()])
  // A second entry for a file takes the place of the first one.
  if (random.chance(0.04) && single.size > 0) return fileAt(random, random.pick([...single]))
  const implied =
    random.chance(0.2) && isRootsAllTheWay(growing, folder) ? `${folder}${random.pick(NAMES)}/` : ''
  const path = (implied || folder) + randomName(random)
  if (taken.has(path) || (implied !== '' && taken.has(implied.slice(0, -1)))) return undefined
  if (implied !== '') {
    taken.add(implied.slice(0, -1))
    dirs.set(implied, true)
  }
  taken.add(path)
  const member = memberAt(growing, path)
  const owned = implied === '' ? member : { ...member, uid: 0, gid: 0 }
  if (owned.type === 'dir') dirs.set(`${path}/`, isPlain(owned))
  return owned.type === 'dir' && random.chance(0.7) ? { ...owned, path: `${path}/` } : owned
}

/** libostree gives an implied directory, and every one above it, the owner of what implied it, and mode 0755. */
function isRootsAllTheWay({ dirs }: Growing, folder: ByteString): boolean {
  return [...dirs].every(([path, isRoots]) => isRoots || !folder.startsWith(path))
}

function isPlain({ mode, uid, gid, xattrs = [] }: TarInput): boolean {
  return mode === 0o755 && uid === 0 && gid === 0 && xattrs.length === 0
}

function memberAt({ random, single, linked }: Growing, path: ByteString): TarInput {
  if (/(^|\/)\.wh\.[^/]*$/.test(path)) return fileAt(random, path)
  const roll = random.next()
  if (roll < 0.3) return { path, type: 'dir', ...metaOf(random, DIR_MODES) }
  if (roll < 0.42) {
    return {
      path,
      type: 'symlink',
      target: random.pick(TARGETS),
      uid: random.pick(IDS),
      gid: random.pick(IDS),
    }
  }
  if (roll < 0.52 && single.size + linked.size > 0) {
    const target = random.pick([...single, ...linked])
    single.delete(target)
    linked.add(target)
    return { path, type: 'hardlink', target }
  }
  single.add(path)
  return fileAt(random, path)
}

/** Hard links at the top may come before what they name. */
function withEarlyLinks(random: Random, members: readonly TarInput[]): TarInput[] {
  const [first, ...rest] = members
  const isEarly = ({ type, path }: TarInput) =>
    type === 'hardlink' && !path.includes('/') && random.chance(0.5)
  const early = new Set(rest.filter(isEarly))
  return [first!, ...early, ...rest.filter(member => !early.has(member))]
}

function fileAt(random: Random, path: ByteString): TarInput {
  const sizes = random.chance(0.04) ? LARGE_SIZES : SIZES
  const content = Buffer.alloc(random.pick(sizes), String(random.between(0, 5)))
  return { path, type: 'file', content, ...metaOf(random, FILE_MODES) }
}

function metaOf(random: Random, modes: readonly number[]): Partial<TarInput> {
  return {
    mode: random.pick(modes),
    uid: random.pick(IDS),
    gid: random.pick(IDS),
    mtime: random.between(0, 2 ** 31),
    xattrs: randomXattr(random),
  }
}

/** One at most: libostree keeps several in the order in which libarchive lists them. */
function randomXattr(random: Random): Xattr[] {
  if (random.chance(0.8)) return []
  const value = random.bytes(random.between(1, 40))
  return [[random.pick(['user.a', 'user.b.c', 'user.long-name-of-an-attribute']), value]]
}

function randomName(random: Random): ByteString {
  if (random.chance(0.08)) return `.wh.${random.pick(['gone', 'a', '.wh..opq'])}`
  return random.chance(0.4) ? random.pick(NAMES) : `${random.pick(NAMES).slice(0, 9)}${random.between(0, 99)}`
}
