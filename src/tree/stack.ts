/**
 * What the lower layers show together, without merging them: a directory is the list of Dirs that describe it, and a
 * name is looked up in them from the top, as far down as whiteouts, opaque markers and files let one see.
 */
import type { ByteString, Dir, File, Link, Special, Symlink } from './node.ts'
import type { View } from './walk.ts'
import { hidesBelow, isWhiteout } from './whiteout.ts'

/** A directory as several layers show it. */
export interface Merged {
  readonly kind: 'merged'
  /** Topmost first. */
  readonly dirs: readonly Dir[]
}

/** What stands under a path of the stack. */
export type Seen = Merged | File | Symlink | Link | Special

/** The stack of some layers, lowest first. */
export function viewStack(layers: readonly Dir[]): View<Seen> & { readonly root: Merged } {
  return {
    root: { kind: 'merged', dirs: layers.toReversed() },
    child: (at, name) => (at.kind === 'merged' ? childOf(at, name) : undefined),
    symlinkTarget: at => (at.kind === 'symlink' ? at.target : undefined),
  }
}

/**
 * What a merged directory has under a name.
 * A directory that a layer only implies says nothing of what is there: where a lower layer has a symlink or a file,
 * that is what is seen.
 */
export function childOf(merged: Merged, name: ByteString): Seen | undefined {
  const dirs: Dir[] = []
  let isDirectory = false
  for (const dir of merged.dirs) {
    const node = dir.children.get(name)
    if (node?.kind === 'dir') {
      dirs.push(node)
      isDirectory ||= !node.implied
    } else if (node !== undefined && !isWhiteout(name, node)) {
      return isDirectory ? { kind: 'merged', dirs } : node
    }
    if (hidesBelow(dir, name)) break
  }
  return dirs.length === 0 ? undefined : { kind: 'merged', dirs }
}
