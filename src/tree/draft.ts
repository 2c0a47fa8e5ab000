/** Changing a tree without copying it: directories are copied when they are first written to, the rest stays shared. */
import { type Folder, impliedFolder } from './folder.ts'
import type { ByteString, Dir, Node } from './node.ts'
import type { Names } from './path.ts'

/** A tree that is being changed. The tree it started from stays as it is. */
export interface Draft {
  readonly root: OpenFolder
  /** The directories that are this draft's own and may be written to. */
  readonly own: Set<Node>
}

/** A directory of a draft that may be written to; those in it may still be shared. */
export interface OpenFolder extends Omit<Folder, 'children'> {
  readonly children: Map<ByteString, Node>
}

/** Starts from a tree. */
export function draftOf(root: Dir): Draft {
  const open = openCopy(root)
  return { root: open, own: new Set([open]) }
}

/** The directory at a path, ready to be written to: what is missing is made, implied; undefined below what is no directory. */
export function openFolder(draft: Draft, names: Names): OpenFolder | undefined {
  let folder: OpenFolder = draft.root
  for (const name of names) {
    const child = folder.children.get(name)
    if (child !== undefined && child.kind !== 'dir') return undefined
    folder = ownChild(draft, folder, name, child)
  }
  return folder
}

function ownChild(draft: Draft, parent: OpenFolder, name: ByteString, child: Dir | undefined): OpenFolder {
  if (child !== undefined && draft.own.has(child)) return child as OpenFolder
  const open = openCopy(child ?? impliedFolder())
  draft.own.add(open)
  parent.children.set(name, open)
  return open
}

function openCopy(dir: Dir): OpenFolder {
  return { kind: 'dir', meta: dir.meta, implied: dir.implied, children: new Map(dir.children) }
}
