/** What a layer has in it: the tree of a system's packages, drawn from a seed, with the sizes that such files have. */
import { type Random, randomOf } from '../test/support/random.ts'
import type { TarInput } from '../test/support/tar-writer.ts'
import { contentOf, type Kind } from './content.ts'

/** A layer to make. The same shape gives the same bytes everywhere. */
export interface LayerShape {
  readonly seed: number
  readonly files: number
  /** Of all files together. */
  readonly bytes: number
  /** Has a system's own folders and links, below which the others put theirs. */
  readonly isBase?: boolean
  /** The base below, of which one file in so many is replaced and one removed. */
  readonly changes?: { readonly base: LayerShape; readonly oneIn: number }
  /** Files of one size, half of their bytes zeros, instead of a system's. */
  readonly isPlain?: boolean
}

/** An entry, and where its content comes from. */
interface Item extends Omit<TarInput, 'content'> {
  readonly size: number
  readonly kind: Kind
  readonly offset: number
}

const EMPTY = { size: 0, kind: 'zeros', offset: 0 } as const
const SYSTEM = [
  'etc',
  'usr',
  'usr/bin',
  'usr/lib',
  'usr/share',
  'var',
  'var/lib',
  'dev',
  'proc',
  'sys',
  'run',
  'tmp',
]
/** Of the logarithm of a file's size: half of a Debian's files are below 2 KB, and the mean is at 48. */
const SPREAD = 2.2
const LARGEST = 24 << 20
const FILES_IN_FOLDER = 8

/** The entries of a layer in an archive's order, each with its content. */
export function* entriesOf(shape: LayerShape): Generator<TarInput> {
  for (const { kind, offset, size, ...entry } of itemsOf(shape)) {
    yield entry.type === 'file' ? { ...entry, content: contentOf(kind, offset, size) } : entry
  }
}

function itemsOf(shape: LayerShape): Item[] {
  const random = randomOf(shape.seed)
  const folders = foldersOf(shape, random)
  const sizes = shape.isPlain ? plainSizes(shape) : sizesOf(shape, random)
  const items = sizes.map((size, i) =>
    fileOf(
      shape,
      random,
      `${folders[Math.floor((i * folders.length) / sizes.length)]}/${nameOf(random)}.${i}`,
      size,
    ),
  )
  return [
    ...systemOf(shape),
    ...folders.map(folderOf),
    ...items,
    ...linksOf(items, random),
    ...changesOf(shape, random),
  ]
}

function systemOf({ isBase }: LayerShape): Item[] {
  if (!isBase) return []
  const users: Item = { ...EMPTY, path: 'etc/passwd', type: 'file', size: 300, kind: 'text' }
  const links = ['bin', 'lib'].map(
    name => ({ ...EMPTY, path: name, type: 'symlink', target: `usr/${name}` }) as const,
  )
  return [...SYSTEM.map(folderOf), ...links, users, { ...users, path: 'etc/group', offset: 4096 }]
}

function folderOf(path: string): Item {
  return { ...EMPTY, path: `${path}/`, type: 'dir', mode: path === 'tmp' ? 0o1777 : 0o755 }
}

/** Parents before what is in them. */
function foldersOf({ files, seed }: LayerShape, random: Random): string[] {
  const folders = ['usr/lib', 'usr/share', 'usr/bin', 'var/lib'].map(top => `${top}/p${seed}`)
  while (folders.length < files / FILES_IN_FOLDER) {
    const parent = random.pick(folders)
    if (parent.split('/').length < 8) folders.push(`${parent}/${nameOf(random)}-${folders.length}`)
  }
  return folders
}

function plainSizes({ files, bytes }: LayerShape): number[] {
  return Array.from({ length: files }, () => Math.floor(bytes / files))
}

/** Log-normal, brought to the wanted sum, with a few empty files as everywhere. */
function sizesOf({ files, bytes }: LayerShape, random: Random): number[] {
  let sizes = Array.from({ length: files }, () =>
    random.chance(0.01) ? 0 : Math.exp(SPREAD * normal(random)),
  )
  for (let rounds = 0; rounds < 8; rounds++) {
    const factor = bytes / sizes.reduce((sum, size) => sum + size, 0)
    sizes = sizes.map(size => Math.min(LARGEST, size * factor))
  }
  return sizes.map(Math.floor)
}

/** Box and Muller's. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

function fileOf({ isPlain }: LayerShape, random: Random, path: string, size: number): Item {
  return {
    path,
    type: 'file',
    size,
    kind: isPlain ? random.pick(['zeros', 'code']) : kindOf(size, random),
    offset: random.between(0, 1 << 22),
    mode: random.pick([0o644, 0o644, 0o644, 0o755]),
    uid: random.chance(0.01) ? 101 : 0,
    mtime: 1_700_000_000 + random.between(0, 1_000_000),
  }
}

/** Small files are text for the most part, large ones programs; the digits stand for how often. */
function kindOf(size: number, random: Random): Kind {
  const [text, code, table] = size < 8192 ? [70, 26, 0] : [35, 47, 14]
  const drawn = random.between(0, 99)
  if (drawn < text) return 'text'
  if (drawn < text + code) return 'code'
  return drawn < text + code + table ? 'table' : 'packed'
}

/** Symbolic links to some files, and a few hard links. */
function linksOf(files: readonly Item[], random: Random): Item[] {
  return files.flatMap(({ path }): Item[] => {
    if (random.chance(0.06))
      return [
        { ...EMPTY, path: `${path}.link`, type: 'symlink', target: path.slice(path.lastIndexOf('/') + 1) },
      ]
    return random.chance(0.002) ? [{ ...EMPTY, path: `${path}.hard`, type: 'hardlink', target: path }] : []
  })
}

function changesOf({ changes }: LayerShape, random: Random): Item[] {
  if (changes === undefined) return []
  // A hard link's other name would stay, and tar and whiteouts treat that alike: nothing to measure there.
  const files = itemsOf(changes.base).filter(item => item.type === 'file' && item.path.startsWith('usr/'))
  return files.flatMap((file): Item[] => {
    if (random.chance(1 / changes.oneIn)) return [{ ...file, offset: file.offset + 1 }]
    if (!random.chance(1 / changes.oneIn)) return []
    return [{ ...EMPTY, path: file.path.replace(/([^/]+)$/, '.wh.$1'), type: 'file' }]
  })
}

function nameOf(random: Random): string {
  return random.bytes(random.between(2, 6)).toString('hex')
}
