/** How much a tree holds. */
import type { Dir, File } from './node.ts'

export interface TreeStats {
  /** Names below the root. */
  readonly entries: number
  /** Regular files, hard links counted once. */
  readonly files: number
  /** Bytes of content, hard links counted once. */
  readonly bytes: number
}

/** Counts a tree through. */
export function countTree(root: Dir): TreeStats {
  const files = new Set<File>()
  const pending = [root]
  let entries = 0
  let bytes = 0
  for (let dir = pending.pop(); dir !== undefined; dir = pending.pop()) {
    entries += dir.children.size
    for (const node of dir.children.values()) {
      if (node.kind === 'dir') pending.push(node)
      else if (node.kind === 'file' && !files.has(node)) {
        files.add(node)
        bytes += node.size
      }
    }
  }
  return { entries, files: files.size, bytes }
}
