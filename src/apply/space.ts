/** How much the bundles share. */
import type { Dir, File } from '../tree/node.ts'

/** Bytes of file content of some root file systems. */
export interface Space {
  /** Each on its own, hard links within one counted once. */
  readonly separate: number
  /** As the store holds them: each content once. */
  readonly stored: number
}

/** What some root file systems would take each on its own, and what they take in the store. */
export function spaceOf(roots: readonly Dir[]): Space {
  const contents = new Map<string, number>()
  let separate = 0
  for (const root of roots) {
    for (const file of filesIn(root)) {
      separate += file.size
      contents.set(file.checksum, file.size)
    }
  }
  return { separate, stored: [...contents.values()].reduce((sum, size) => sum + size, 0) }
}

/** The distinct inodes of a tree's regular files. */
export function filesIn(root: Dir): ReadonlySet<File> {
  const files = new Set<File>()
  const pending = [root]
  for (let dir = pending.pop(); dir !== undefined; dir = pending.pop()) {
    for (const node of dir.children.values()) {
      if (node.kind === 'dir') pending.push(node)
      else if (node.kind === 'file') files.add(node)
    }
  }
  return files
}
