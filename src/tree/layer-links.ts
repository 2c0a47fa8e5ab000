/** Hard links of a layer's archive: to what the layer itself brings, or to a file that a lower layer must have. */
import { CtrbuildError } from '../errors.ts'
import type { Folder } from './folder.ts'
import {
  type ByteString,
  type File,
  type Link,
  type Node,
  type Special,
  type Symlink,
  WHITEOUT,
} from './node.ts'
import { joinPath, type Names, parseEntryPath, quoted } from './path.ts'
import { treeView, walk } from './walk.ts'
import { isWhiteout } from './whiteout.ts'

/** A hard link whose target was not there when it was read. */
export interface PendingLink {
  readonly folder: Folder
  readonly name: ByteString
  /** As the archive has it. */
  readonly path: ByteString
  readonly link: Link
}

type Linked = File | Symlink | Link | Special

/**
 * What a hard link names: the node that the layer has there now, or a Link to what comes later or from lower layers, which
 * may have a file where this one only implies a directory.
 * @throws CtrbuildError TAR_INVALID, LAYER_LIMIT, LAYER_CONFLICT
 */
export function linkTo(root: Folder, path: ByteString, target: ByteString): Linked {
  const names = parseEntryPath(target)
  if (isWithin(names, parseEntryPath(path))) throw impossible(path, target, 'which it would replace')
  const node = find(root, names, path)
  return node === undefined || node.kind === 'dir' ? { kind: 'link', target: joinPath(names) } : node
}

/**
 * Replaces each link to something that the layer brought only after it.
 * @throws CtrbuildError LAYER_CONFLICT where links name each other, or a directory
 */
export function resolveLinks(root: Folder, pending: readonly PendingLink[]): void {
  const resolved = new Map<Link, Linked>()
  for (const { folder, name, path, link } of pending) {
    if (folder.children.get(name) === link) folder.children.set(name, resolve(root, link, path, resolved))
  }
}

function resolve(root: Folder, link: Link, path: ByteString, resolved: Map<Link, Linked>): Linked {
  const chain = new Set<Link>()
  let node: Linked = link
  while (node.kind === 'link' && !resolved.has(node)) {
    if (chain.has(node)) throw impossible(path, link.target, 'which is a hard link to it')
    chain.add(node)
    const next: Node | undefined = find(root, parseEntryPath(node.target), path)
    if (next?.kind === 'dir' && !next.implied) throw impossible(path, link.target, 'which is a directory')
    if (next === undefined || next.kind === 'dir') break
    node = next
  }
  const end = (node.kind === 'link' && resolved.get(node)) || node
  for (const each of chain) resolved.set(each, end)
  return end
}

/** Symlinks are followed on the way only: a hard link to a symlink is one more name for the symlink. */
function find(root: Folder, target: Names, path: ByteString): Node | undefined {
  const trail = walk(treeView(root), target, false)
  if (trail === undefined) throw impossible(path, joinPath(target), 'where symlinks go in circles')
  const last = trail.at(-1)
  if (last === undefined) throw impossible(path, '/', 'which is a directory')
  // AUFS made its whiteouts hard links of each other.
  if (
    last.at !== undefined &&
    isWhiteout(last.name, last.at) &&
    !parseEntryPath(path).at(-1)?.startsWith(WHITEOUT)
  ) {
    throw impossible(path, joinPath(target), 'which is a whiteout')
  }
  return last.at
}

function isWithin(names: Names, folder: Names): boolean {
  return names.length >= folder.length && folder.every((name, at) => names[at] === name)
}

function impossible(path: ByteString, target: ByteString, why: string): CtrbuildError {
  return new CtrbuildError(
    'LAYER_CONFLICT',
    `${quoted(path)} cannot be a hard link to ${quoted(target)}, ${why}`,
  )
}
