/** Finding what a path means inside a merged tree, as a process whose root the tree is would find it. */
import type { ByteString, Dir, Node } from './node.ts'
import { joinPath, splitPath } from './path.ts'
import { namesOf, treeView, walk } from './walk.ts'

/** Where a path leads. Real paths are absolute and have no symlink but possibly the last component. */
export type Resolved =
  | { readonly kind: 'found'; readonly path: ByteString; readonly node: Node }
  /** Nothing is there, and perhaps none of its parents; `path` is where it would be. */
  | { readonly kind: 'missing'; readonly path: ByteString }
  /** It goes through something that is no directory: `path`. */
  | { readonly kind: 'blocked'; readonly path: ByteString }
  /** Its symlinks go in circles, or there are more than 40. */
  | { readonly kind: 'loop' }

/**
 * Follows a path from the root of a tree; no symlink leads out of it.
 * `followLast` says whether a symlink that the whole path names is followed too, as stat(2) does and lstat(2) does not.
 */
export function resolvePath(root: Dir, path: ByteString, { followLast }: { followLast: boolean }): Resolved {
  const trail = walk(treeView(root), splitPath(path), followLast)
  if (trail === undefined) return { kind: 'loop' }
  const names = namesOf(trail)
  const node = trail.length === 0 ? root : trail.at(-1)!.at
  if (node !== undefined) return { kind: 'found', path: `/${joinPath(names)}`, node }
  const blocked = trail.findIndex(step => step.at !== undefined && step.at.kind !== 'dir')
  if (blocked >= 0) return { kind: 'blocked', path: `/${joinPath(names.slice(0, blocked + 1))}` }
  return { kind: 'missing', path: `/${joinPath(names)}` }
}
