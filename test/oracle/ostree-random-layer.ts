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
  bytesOf('u\u0308'),
  bytesOf('日本'),
  bytesOf('ß'),
]
const FILE_MODES = [0o644, 0o644, 0o755, 0o600, 0o444, 0o4755, 0o2711, 0o1644, 0o000, 0o777, 0o7777]
const DIR_MODES = [0o755, 0o755, 0o700, 0o1777, 0o2775, 0o555, 0o000]
const IDS = [0, 0, 1, 1000, 65534, 2_097_151, 2_097_152, 4_294_967_294]
/** Around tar's blocks, and what is written in one go and what is not. */
const SIZES = [0, 0, 1, 511, 512, 513, 5000, 70_000, 1_048_576, 1_048_577, 3_000_000]
const PREFIXES = ['', './', '/']
const TARGETS = ['a', '/etc/passwd', '../../..', '.', 'a//b/', bytesOf('zü'), 't'.repeat(300), 'with space\n']

interface Growing {
  readonly random: Random
  /** Directories by path with a trailing slash, the root as ''. */
  readonly dirs: ByteString[]
  readonly taken: Set<ByteString>
  /** What can have one more name. */
  readonly linkable: ByteString[]
}

/** The members of a layer's tar. */
export function randomLayer(seed: number): TarInput[] {
  const random = randomOf(seed)
  const growing: Growing = { random, dirs: [''], taken: new Set(['']), linkable: [] }
  const prefix = random.pick(PREFIXES)
  const members = Array.from({ length: random.between(0, 40) }, () => randomMember(growing)).filter(
    member => member !== undefined,
  )
  if (random.chance(0.7)) members.unshift({ path: '', type: 'dir', ...metaOf(random, DIR_MODES) })
  return members.map(member => ({ ...member, path: prefix + member.path || './' }))
}

function randomMember(growing: Growing): TarInput | undefined {
  const { random, dirs, taken, linkable } = growing
  const folder = random.pick(dirs)
  const implied = random.chance(0.1) ? `${random.pick(NAMES)}/` : ''
  const path = folder + implied + randomName(random)
  const roll = random.next()
  // A second entry for a file or a directory takes the place of the first one.
  if (roll < 0.04 && linkable.length > 0) return fileAt(random, random.pick(linkable))
  if (taken.has(path) || (implied !== '' && taken.has(`${folder}${implied}`.slice(0, -1)))) return undefined
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) claim(growing, path.slice(0, at))
  taken.add(path)
  if (roll < 0.26) {
    dirs.push(`${path}/`)
    return { path: random.chance(0.7) ? `${path}/` : path, type: 'dir', ...metaOf(random, DIR_MODES) }
  }
  if (roll < 0.4) {
    return { path, type: 'symlink', target: random.pick(TARGETS), uid: random.pick(IDS), gid: random.pick(IDS) }
  }
  if (roll < 0.5 && linkable.length > 0) return { path, type: 'hardlink', target: random.pick(linkable) }
  linkable.push(path)
  return fileAt(random, path)
}

/** A parent that is only implied is a directory like any other from then on. */
function claim({ dirs, taken }: Growing, path: ByteString): void {
  if (taken.has(path)) return
  taken.add(path)
  dirs.push(`${path}/`)
}

function fileAt(random: Random, path: ByteString): TarInput {
  const content = Buffer.alloc(random.pick(SIZES), String(random.between(0, 5)))
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
