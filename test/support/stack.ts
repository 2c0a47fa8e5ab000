/**
 * Random stacks of layers: two to six archives over few names, so that they collide in every way, with odd names,
 * owners, modes and attributes. The same seed gives the same stack. A member that makes the stack impossible is mostly
 * thrown away, so that most stacks have a union.
 */
import { CtrbuildError } from '../../src/errors.ts'
import type { ByteString, Dir, Xattr } from '../../src/tree/node.ts'
import { settleLayer } from '../../src/tree/settle.ts'
import { type Random, randomOf } from './random.ts'
import { contradicts } from './stack-shape.ts'
import type { TarInput } from './tar-writer.ts'
import { entryOf, layerOf } from './tree.ts'

const NAMES: readonly ByteString[] = ['a', 'b', 'c', 'd']
const ODD_NAMES: readonly ByteString[] = [
  'e f',
  '-rf',
  '\xff\xfe',
  'caf\xc3\xa9',
  'new\nline',
  'n'.repeat(255),
]
const DIR_MODES = [0o755, 0o755, 0o700, 0o711, 0o1777, 0o555, 0]
const FILE_MODES = [0o644, 0o644, 0o600, 0o755, 0o4755, 0o2711, 0o444, 0]
const OWNERS: readonly (readonly [number, number])[] = [
  [0, 0],
  [0, 0],
  [0, 0],
  [1, 2],
  [1000, 100],
  [65534, 65534],
  [3_000_000, 70_000],
]
const PREFIXES = ['', './', '/']

interface Growing {
  readonly random: Random
  /** Paths that any layer has used, without a leading slash. */
  readonly paths: Set<ByteString>
  readonly files: Set<ByteString>
  readonly settled: Dir[]
}

/** The archives of a stack, lowest first. */
export function randomStack(seed: number): TarInput[][] {
  const growing: Growing = { random: randomOf(seed), paths: new Set(), files: new Set(), settled: [] }
  return Array.from({ length: growing.random.between(2, 6) }, () => growLayer(growing))
}

function growLayer(growing: Growing): TarInput[] {
  const { random, settled } = growing
  const members: TarInput[] = []
  const prefix = random.pick(PREFIXES)
  const isShuffled = random.chance(0.6)
  for (let left = random.between(1, 14); left > 0; left--) {
    const member = randomMember(growing)
    if (members.some(other => contradicts(other, member)) && random.chance(0.95)) continue
    const at = isShuffled ? random.between(0, members.length) : members.length
    const grown = members.toSpliced(at, 0, { ...member, path: prefix + member.path })
    if (settledOn(grown, settled) === undefined && random.chance(0.97)) continue
    members.splice(0, members.length, ...grown)
    growing.paths.add(member.path)
    if (member.type === 'file' && !member.path.includes('.wh.')) growing.files.add(member.path)
  }
  settled.push(settledOn(members, settled) ?? layerOf([]))
  return members
}

function settledOn(members: readonly TarInput[], below: readonly Dir[]): Dir | undefined {
  try {
    return settleLayer(layerOf(members.map(entryOf)), below)
  } catch (error) {
    if (error instanceof CtrbuildError) return undefined
    throw error
  }
}

function randomMember(growing: Growing): TarInput {
  const { random, files } = growing
  const path = randomPath(growing)
  const [uid, gid] = random.pick(OWNERS)
  const roll = random.next()
  if (roll < 0.3)
    return { path, type: 'dir', uid, gid, mode: random.pick(DIR_MODES), xattrs: randomXattrs(random) }
  if (roll < 0.46) return { path, type: 'symlink', uid, gid, target: randomTarget(growing) }
  if (roll < 0.56 && files.size > 0) return { path, type: 'hardlink', target: random.pick([...files]) }
  if (roll < 0.7) return { path: inside(path, `.wh.${lastName(path)}`), type: 'file' }
  if (roll < 0.75) return { path: `${path}/.wh..wh..opq`, type: 'file' }
  if (roll < 0.78) return { path, type: random.chance(0.5) ? 'fifo' : 'char', device: [0, 0] }
  const content = random.chance(0.3) ? Buffer.alloc(0) : random.bytes(random.between(1, 12))
  return {
    path,
    type: 'file',
    uid,
    gid,
    mode: random.pick(FILE_MODES),
    content,
    xattrs: randomXattrs(random),
  }
}

function randomPath({ random, paths }: Growing): ByteString {
  const known = paths.size === 0 ? '' : random.pick([...paths])
  const roll = random.next()
  if (known !== '' && roll < 0.45) return plain(known)
  if (known !== '' && roll < 0.7) return `${plain(known)}/${randomName(random)}`
  return Array.from({ length: random.between(1, 3) }, () => randomName(random)).join('/')
}

/** Without whiteouts' names, which are made on purpose only. */
function plain(path: ByteString): ByteString {
  return path.replaceAll('.wh..wh..opq', 'a').replaceAll('.wh.', '')
}

function randomName(random: Random): ByteString {
  return random.chance(0.88) ? random.pick(NAMES) : random.pick(ODD_NAMES)
}

function randomTarget(growing: Growing): ByteString {
  const { random } = growing
  const name = randomName(random)
  const path = randomPath(growing)
  return random.pick([
    name,
    name,
    path,
    `/${path}`,
    `../${name}`,
    `../${path}`,
    `${name}/../${randomName(random)}`,
    `./${path}/.`,
    `/../../${path}`,
    `//${name}//${randomName(random)}/`,
    `../../../../${path}`,
    `nowhere/../${path}`,
    'no/where',
    random.pick(['.', '..', '/']),
  ])
}

function randomXattrs(random: Random): Xattr[] {
  if (random.chance(0.85)) return []
  const names = ['user.a', 'user.b.c'].filter(() => random.chance(0.7))
  return names.map(name => [name, random.bytes(random.between(1, 20))])
}

function inside(path: ByteString, name: ByteString): ByteString {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? name : `${path.slice(0, slash)}/${name}`
}

/** Cut so that a whiteout of it is a name too. */
function lastName(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf('/') + 1).slice(0, 251)
}
