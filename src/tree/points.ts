/** Preparing a merged tree for what is mounted on it, so that no runtime has to write into it. */
import { CtrbuildError } from '../errors.ts'
import { draftOf, openFolder } from './draft.ts'
import { type ByteString, type Dir, display, type File, IMPLIED_META, type Node } from './node.ts'
import { type Names, splitPath } from './path.ts'
import { resolvePath } from './resolve.ts'

/** What must be there: a directory or a file to mount on, or to start in. */
export interface Point {
  /** Absolute and normalised, as bytes (`bytesOf` of a text). */
  readonly path: ByteString
  readonly kind: 'dir' | 'file'
  /** Permission bits that a directory must have, also where the image has others. */
  readonly mode?: number
}

/** What the kernel fills: nothing that an image has there may be mounted on or looked at instead. */
const KERNEL_DIRS: readonly ByteString[] = ['dev', 'proc', 'sys']

/**
 * A tree in which each point exists, with what is missing made and owned by root, and in which `/dev`, `/proc` and
 * `/sys` are empty directories if they are there at all. Symlinks are followed inside the root. Only directories on the
 * way to a change are copied. `emptyFile` is what a file point becomes; each gets an identity of its own.
 * @throws CtrbuildError ROOTFS_INVALID
 */
export function withMountPoints(root: Dir, points: readonly Point[], emptyFile: File): Dir {
  const emptied = KERNEL_DIRS.reduce(withEmptyDir, root)
  return points.reduce((tree, point) => withPoint(tree, point, emptyFile), emptied)
}

/**
 * Says where paths lead in the tree that `withMountPoints` makes, behind all symlinks; undefined for what leads nowhere.
 */
export function realPathsIn(root: Dir): (path: ByteString) => ByteString | undefined {
  const emptied = KERNEL_DIRS.reduce(withEmptyDir, root)
  return path => {
    const resolved = resolvePath(emptied, path, { followLast: true })
    return resolved.kind === 'found' || resolved.kind === 'missing' ? resolved.path : undefined
  }
}

function withEmptyDir(root: Dir, name: ByteString): Dir {
  const node = root.children.get(name)
  if (node === undefined || (node.kind === 'dir' && node.children.size === 0)) return root
  return withNode(root, [name], plainDir([], node.kind === 'dir' ? node : undefined))
}

function withPoint(root: Dir, { path, kind, mode }: Point, emptyFile: File): Dir {
  const resolved = resolvePath(root, path, { followLast: true })
  if (resolved.kind === 'loop') throw invalid(path, 'its symlinks go in circles')
  if (resolved.kind === 'blocked') throw invalid(path, `"${display(resolved.path)}" is not a directory`)
  const names = splitPath(resolved.path)
  if (isKernels(names) && !isKernels(splitPath(path))) {
    // A runtime that follows the link mounts over what the kernel shows there (CVE-2019-16884, CVE-2021-30465).
    throw invalid(path, `a symlink leads it to "${display(resolved.path)}"`)
  }
  if (resolved.kind === 'missing')
    return withMode(withNode(root, names, kind === 'dir' ? plainDir([]) : { ...emptyFile }), names, mode)
  const isDir = resolved.node.kind === 'dir'
  if (isDir === (kind === 'dir')) return withMode(root, names, mode)
  throw invalid(
    path,
    isDir ? 'it is a directory, and a file is needed' : 'it is a file, and a directory is needed',
  )
}

function isKernels(names: Names): boolean {
  return names.length > 0 && KERNEL_DIRS.includes(names[0]!)
}

/** The tree with a node at a real path, below as many new directories as it takes. */
function withNode(root: Dir, names: Names, node: Node): Dir {
  let depth = 0
  let parent = root
  for (let next = parent.children.get(names[0]!); next?.kind === 'dir' && depth < names.length - 1; ) {
    parent = next
    next = parent.children.get(names[++depth]!)
  }
  const added = names.slice(depth + 1).reduceRight((below, name) => plainDir([[name, below]]), node)
  const draft = draftOf(root)
  openFolder(draft, names.slice(0, depth))?.children.set(names[depth]!, added)
  return draft.root
}

function withMode(root: Dir, names: Names, mode: number | undefined): Dir {
  if (mode === undefined) return root
  const draft = draftOf(root)
  const folder = openFolder(draft, names)
  if (folder !== undefined) folder.meta = { ...folder.meta, mode }
  return draft.root
}

function plainDir(children: readonly (readonly [ByteString, Node])[], like?: Dir): Dir {
  return { kind: 'dir', meta: like?.meta ?? IMPLIED_META, implied: false, children: new Map(children) }
}

function invalid(path: ByteString, why: string): CtrbuildError {
  return new CtrbuildError(
    'ROOTFS_INVALID',
    `nothing can be mounted on "${display(path)}" of the image: ${why}`,
    {
      hint: 'Choose another mount target, or an image that leaves it free',
    },
  )
}
