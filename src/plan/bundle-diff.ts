/** What changes inside a bundle: packages, config.json, files. Plain JSON, as `ctrbuild diff --json` prints it. */
import { diffConfig, type ValueChange } from '../bundle/config-diff.ts'
import { diffPackages } from '../packages/diff.ts'
import type { Package, PackageChange } from '../packages/types.ts'
import { type Aspect, diffTrees, type TreeChange } from '../tree/diff.ts'
import { type ByteString, type Dir, display, type File, type Node } from '../tree/node.ts'
import type { LackingDiff } from './lacking.ts'
import { LARGEST_TEXT } from './text-patch.ts'

/** One side of a comparison: a bundle as it is, was, or would be. */
export interface Inside {
  /** For people, such as `generation 3` or `wanted`. */
  readonly label: string
  readonly root: Dir
  readonly packages: readonly Package[]
  /** What could not be read, as sentences. */
  readonly notes: readonly string[]
  /** The value of config.json; undefined where there is only a tree. */
  readonly config: unknown
}

/** What a name stands for. */
export interface EntryFacts {
  readonly type: Node['kind']
  /** In octal, four digits. */
  readonly mode?: string
  /** `uid:gid`. */
  readonly owner?: string
  /** Bytes of content. */
  readonly size?: number
  readonly target?: string
  /** Names of its extended attributes. */
  readonly xattrs?: readonly string[]
}

/** One name of the root file system. */
export interface FileChange {
  readonly kind: TreeChange['kind']
  /** With what is not UTF-8 or not printable escaped as `\xHH`. */
  readonly path: string
  /** The path's bytes in base64, where `path` is not all of the truth. */
  readonly pathBytes?: string
  /** What is different, of a change. */
  readonly aspects?: readonly Aspect[]
  readonly before?: EntryFacts
  readonly after?: EntryFacts
  /** Hunks of a unified diff, of a small text file. */
  readonly patch?: string
}

/** What is different between two bundles. */
export interface BundleDiff {
  readonly formatVersion: 1
  /** Absent where trees were compared that belong to no bundle. */
  readonly name?: string
  readonly from: string
  readonly to: string
  readonly packages: readonly PackageChange[]
  /** Absent where one side is a tree only. */
  readonly config?: readonly ValueChange[]
  readonly files: {
    readonly added: number
    readonly removed: number
    readonly changed: number
    /** Bytes of content by which the root file system grows. */
    readonly bytes: number
    readonly entries: readonly FileChange[]
    /** Entries that are not listed, since there are too many. */
    readonly leftOut: number
  }
  readonly notes: readonly string[]
}

/** What is told of a bundle: what changes inside, or what has to be fetched to know. */
export type Detail = BundleDiff | LackingDiff

/** How contents are looked at. */
export interface Contents {
  sameContent(before: File, after: File): boolean
  /** Hunks; undefined where there is nothing that people could read. */
  patch(before: File, after: File): string | undefined
}

/** At most so many files are compared line by line. */
const MOST_PATCHES = 200

/** Compares two sides of a bundle. At most `mostEntries` files are listed; all are counted. */
export function diffBundle(
  name: string | undefined,
  before: Inside,
  after: Inside,
  contents: Contents,
  mostEntries = Number.POSITIVE_INFINITY,
): BundleDiff {
  const changes = diffTrees(before.root, after.root, contents.sameContent)
  const count = (kind: TreeChange['kind']) => changes.filter(change => change.kind === kind).length
  const isConfigured = before.config !== undefined && after.config !== undefined
  return {
    formatVersion: 1,
    ...(name !== undefined && { name }),
    from: before.label,
    to: after.label,
    packages: diffPackages(before.packages, after.packages),
    ...(isConfigured && { config: diffConfig(before.config, after.config) }),
    files: {
      added: count('added'),
      removed: count('removed'),
      changed: count('changed'),
      bytes: changes.reduce((bytes, change) => bytes + growth(change), 0),
      entries: listed(changes.slice(0, mostEntries), contents),
      leftOut: Math.max(0, changes.length - mostEntries),
    },
    notes: [...new Set([...before.notes, ...after.notes])],
  }
}

/** True where two sides are the same as far as they were compared. */
export function isSame({ packages, config = [], files }: BundleDiff): boolean {
  return packages.length + config.length + files.added + files.removed + files.changed === 0
}

function growth(change: TreeChange): number {
  const before = change.kind === 'added' ? 0 : sizeOf(change.before)
  return (change.kind === 'removed' ? 0 : sizeOf(change.after)) - before
}

function sizeOf(node: Node): number {
  return node.kind === 'file' ? node.size : 0
}

function listed(changes: readonly TreeChange[], { patch }: Contents): FileChange[] {
  let left = MOST_PATCHES
  return changes.map(change => {
    const entry = entryOf(change)
    if (change.kind !== 'changed' || left === 0) return entry
    const { before, after, aspects } = change
    if (before.kind !== 'file' || after.kind !== 'file' || !aspects.includes('content')) return entry
    if (Math.max(before.size, after.size) > LARGEST_TEXT || isDatabase(change.path)) return entry
    const hunks = patch(before, after)
    if (hunks === undefined) return entry
    left -= 1
    return { ...entry, patch: hunks }
  })
}

/** What changes there is told of as packages. */
function isDatabase(path: ByteString): boolean {
  return /^\/var\/lib\/dpkg\/|^\/(usr\/)?lib\/apk\/db\//.test(path)
}

function entryOf(change: TreeChange): FileChange {
  const path = display(change.path)
  const isWhole = Buffer.from(path, 'utf8').toString('latin1') === change.path && !path.includes('\\x')
  return {
    kind: change.kind,
    path,
    ...(!isWhole && { pathBytes: Buffer.from(change.path, 'latin1').toString('base64') }),
    ...(change.kind === 'changed' && { aspects: change.aspects }),
    ...(change.kind !== 'added' && { before: factsOf(change.before) }),
    ...(change.kind !== 'removed' && { after: factsOf(change.after) }),
  }
}

function factsOf(node: Node): EntryFacts {
  if (node.kind === 'link') return { type: node.kind, target: display(node.target) }
  if (node.kind === 'special') return { type: node.kind }
  const { mode, uid, gid, xattrs } = node.meta
  return {
    type: node.kind,
    ...(node.kind !== 'symlink' && { mode: mode.toString(8).padStart(4, '0') }),
    owner: `${uid}:${gid}`,
    ...(node.kind === 'file' && { size: node.size }),
    ...(node.kind === 'symlink' && { target: display(node.target) }),
    ...(xattrs.length > 0 && { xattrs: xattrs.map(([name]) => display(name)) }),
  }
}
