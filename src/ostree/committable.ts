/** What an OSTree commit can hold of a tree. */
import { isUtf8 } from 'node:buffer'
import { type ByteString, bytesOf, type Dir, display, type Node } from '../tree/node.ts'
import type { StoredTrees } from './tree-objects.ts'

/**
 * A tree as it can be committed; directories that are committable as they are stay the same values.
 *
 * Hard links to lower layers are left out, and so are devices and pipes, with the directories that only they imply.
 * libostree refuses names that are not UTF-8 and cannot check symbolic links to such targets: the links are left out, and
 * the names are escaped, which keeps what they name reachable. All of it is in the layer's listing, which is what
 * ctrbuild reads. What is stored already was committable.
 */
export function committable(root: Dir, stored?: StoredTrees): Dir {
  if (stored?.has(root)) return root
  const kept: [name: ByteString, node: Node][] = []
  let isSame = true
  for (const [name, node] of root.children) {
    const child = node.kind === 'dir' ? committable(node, stored) : node
    const canStay =
      child.kind === 'file' ||
      (child.kind === 'symlink' && isText(child.target)) ||
      (child.kind === 'dir' && !(child.implied && child.children.size === 0))
    if (canStay) kept.push([name, child])
    isSame &&= canStay && child === node && isText(name)
  }
  return isSame ? root : { ...root, children: named(kept) }
}

/** Children under names that are UTF-8; the plain names come first, so that an escaped one gives way. */
function named(nodes: readonly (readonly [ByteString, Node])[]): Map<ByteString, Node> {
  const children = new Map(nodes.filter(([name]) => isText(name)))
  for (const [name, node] of nodes) {
    if (isText(name)) continue
    let escaped = bytesOf(display(name))
    while (children.has(escaped)) escaped += '~'
    children.set(escaped, node)
  }
  return children
}

function isText(bytes: ByteString): boolean {
  return !/[^\x00-\x7f]/.test(bytes) || isUtf8(Buffer.from(bytes, 'latin1'))
}
