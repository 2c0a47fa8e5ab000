/** Who owns what is in a tree. */
import type { Dir } from './node.ts'

/** The uids of everything in a tree, its root too. */
export function ownersOf(root: Dir): ReadonlySet<number> {
  const owners = new Set<number>()
  const pending = [root]
  for (let dir = pending.pop(); dir !== undefined; dir = pending.pop()) {
    owners.add(dir.meta.uid)
    for (const node of dir.children.values()) {
      if (node.kind === 'dir') pending.push(node)
      else if (node.kind === 'file' || node.kind === 'symlink') owners.add(node.meta.uid)
    }
  }
  return owners
}
