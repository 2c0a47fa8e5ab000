/** Following a path inside a root, whatever the root is made of: no symlink leads out of it (as chroot(2) would have it). */
import type { ByteString, Dir, Node } from './node.ts'
import { type Names, splitPath } from './path.ts'

/** Something that paths can be followed in. */
export interface View<T> {
  readonly root: T
  /** What stands under a name; undefined where nothing does or `at` is no directory. */
  child(at: T, name: ByteString): T | undefined
  /** Where it points, for a symlink. */
  symlinkTarget(at: T): ByteString | undefined
}

/** One component of a path whose symlinks are resolved; `at` is undefined from the first missing one on. */
export interface Step<T> {
  readonly name: ByteString
  readonly at: T | undefined
}

/** As many symlinks as Linux follows in one path (path_resolution(7)). */
const MAX_HOPS = 40

/**
 * The real path that `names` come to, component by component; an empty list is the root.
 * `..` goes to the parent of what was reached and stays at the root there; what is missing is taken for a directory.
 * Undefined where the symlinks go in circles.
 */
export function walk<T>(view: View<T>, names: Names, followLast: boolean): readonly Step<T>[] | undefined {
  const trail: Step<T>[] = []
  const pending = [...names].reverse()
  let hops = 0
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '..') {
      trail.pop()
      continue
    }
    const parent = trail.length === 0 ? view.root : trail[trail.length - 1]!.at
    const at = parent === undefined ? undefined : view.child(parent, name)
    const target =
      at === undefined || (pending.length === 0 && !followLast) ? undefined : view.symlinkTarget(at)
    if (target === undefined) {
      trail.push({ name, at })
      continue
    }
    if (++hops > MAX_HOPS) return undefined
    if (target.startsWith('/')) trail.length = 0
    for (const next of splitPath(target).toReversed()) pending.push(next)
  }
  return trail
}

/** The names along a trail. */
export function namesOf(trail: readonly Step<unknown>[]): Names {
  return trail.map(step => step.name)
}

/** The view of a single tree as it stands. */
export function treeView(root: Dir): View<Node> {
  return {
    root,
    child: (at, name) => (at.kind === 'dir' ? at.children.get(name) : undefined),
    symlinkTarget: at => (at.kind === 'symlink' ? at.target : undefined),
  }
}
