/**
 * What is different between two merged trees: one walk over both in step, names in the order of their bytes.
 *
 * Hard links are not compared: which names share an inode cannot be seen in a root file system that is only read.
 */
import {
  type ByteString,
  compareBytes,
  type Dir,
  type File,
  type Meta,
  type Node,
  type Xattr,
} from './node.ts'

/** One way in which what stands under a name changed. `type` stands alone: then nothing else can be compared. */
export type Aspect = 'type' | 'content' | 'size' | 'target' | 'mode' | 'owner' | 'xattrs'

/** One name that is not the same in both trees. Paths begin with a slash; the root's is `/`. */
export type TreeChange =
  | { readonly kind: 'added'; readonly path: ByteString; readonly after: Node }
  | { readonly kind: 'removed'; readonly path: ByteString; readonly before: Node }
  | {
      readonly kind: 'changed'
      readonly path: ByteString
      readonly before: Node
      readonly after: Node
      /** Never empty. */
      readonly aspects: readonly Aspect[]
    }

/**
 * Tells whether two files hold the same bytes. It is asked only where the trees cannot say: of two files of one size
 * whose owner, mode or attributes differ, since a checksum covers these too.
 */
export type SameContent = (before: File, after: File) => boolean

/**
 * Every change, a directory before what is in it. Whatever stood below a directory that is gone, or stands below one
 * that is new, is named too.
 */
export function diffTrees(before: Dir, after: Dir, sameContent: SameContent): TreeChange[] {
  const walk: Walk = { changes: [], sameContent }
  visit(walk, '/', before, after)
  return walk.changes
}

interface Walk {
  readonly changes: TreeChange[]
  readonly sameContent: SameContent
}

function visit(walk: Walk, path: ByteString, before: Node | undefined, after: Node | undefined): void {
  if (before === after) return
  if (before === undefined) walk.changes.push({ kind: 'added', path, after: after! })
  else if (after === undefined) walk.changes.push({ kind: 'removed', path, before })
  else {
    const aspects = aspectsOf(walk, before, after)
    if (aspects.length > 0) walk.changes.push({ kind: 'changed', path, before, after, aspects })
  }
  const [old, now] = [childrenOf(before), childrenOf(after)]
  const prefix = path === '/' ? path : `${path}/`
  for (const name of namesOf(old, now)) visit(walk, prefix + name, old?.get(name), now?.get(name))
}

type Children = Dir['children'] | undefined

function childrenOf(node: Node | undefined): Children {
  return node?.kind === 'dir' ? node.children : undefined
}

function namesOf(a: Children, b: Children): ByteString[] {
  if (a === undefined || b === undefined) return [...(a ?? b ?? new Map()).keys()].sort(compareBytes)
  return [...new Set([...a.keys(), ...b.keys()])].sort(compareBytes)
}

function aspectsOf(walk: Walk, before: Node, after: Node): Aspect[] {
  if (before.kind === 'dir' && after.kind === 'dir') return metaAspects(before.meta, after.meta)
  if (before.kind === 'file' && after.kind === 'file') return fileAspects(walk, before, after)
  if (before.kind === 'symlink' && after.kind === 'symlink') {
    const target: Aspect[] = before.target === after.target ? [] : ['target']
    // Nobody can set a symbolic link's mode.
    return [...target, ...metaAspects(before.meta, after.meta).filter(aspect => aspect !== 'mode')]
  }
  return before.kind === 'link' && after.kind === 'link' && before.target === after.target ? [] : ['type']
}

function fileAspects({ sameContent }: Walk, before: File, after: File): Aspect[] {
  if (before.checksum === after.checksum) return []
  const meta = metaAspects(before.meta, after.meta)
  if (before.size !== after.size) return ['content', 'size', ...meta]
  const isSame = meta.length > 0 && (before.size === 0 || sameContent(before, after))
  return isSame ? meta : ['content', ...meta]
}

function metaAspects(before: Meta, after: Meta): Aspect[] {
  const aspects: Aspect[] = []
  if (before.mode !== after.mode) aspects.push('mode')
  if (before.uid !== after.uid || before.gid !== after.gid) aspects.push('owner')
  if (!sameXattrs(before.xattrs, after.xattrs)) aspects.push('xattrs')
  return aspects
}

function sameXattrs(a: readonly Xattr[], b: readonly Xattr[]): boolean {
  return a.length === b.length && a.every(([name, value], i) => b[i]![0] === name && value.equals(b[i]![1]))
}
