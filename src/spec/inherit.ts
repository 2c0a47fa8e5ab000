/** Where a value is written that a bundle has: in the bundle, or under `defaults`. */
import { type Node, nodeAt } from './document.ts'
import type { Path } from './problem.ts'

/** Keys whose entries are inherited one by one; any other key is inherited as a whole. */
export const MERGED_KEYS = ['env', 'annotations', 'sysctl', 'rlimits'] as const

/** How much of a path names one value that is inherited as a whole: `bundles.NAME.KEY`, or an entry of such a key. */
function inheritedLength(path: Path): number {
  return (MERGED_KEYS as readonly (string | number | undefined)[]).includes(path[2]) ? 4 : 3
}

/**
 * The path of the same value where it is written.
 * @returns the path itself unless only `defaults` has the value, and `undefined` where neither has it.
 */
export function inheritedPath(root: Node, path: Path): Path | undefined {
  const head = path.slice(0, inheritedLength(path))
  if (nodeAt(root, head) !== undefined) return path
  const isBundle = head[0] === 'bundles' && head.length > 2
  const underDefaults = nodeAt(root, ['defaults', ...head.slice(2)])
  return isBundle && underDefaults !== undefined ? ['defaults', ...path.slice(2)] : undefined
}
