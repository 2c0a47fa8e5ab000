/** Whiteouts as they stand in a layer's tree: plain entries whose names say what lower layers lose (layer.md, "Whiteouts"). */
import { type ByteString, type Dir, type Node, OPAQUE, WHITEOUT } from './node.ts'

/**
 * True for a whiteout or an opaque marker. A directory with such a name is a directory: a whiteout is a file, and
 * what AUFS kept in `.wh..wh.plnk/` removes nothing.
 */
export function isWhiteout(name: ByteString, node: Node): boolean {
  return name.startsWith(WHITEOUT) && node.kind !== 'dir'
}

/** True for what only says what lower layers lose, and is not in a union itself. */
export function isAbsence(name: ByteString, node: Node): boolean {
  return node.kind === 'special' || isWhiteout(name, node)
}

/** What lower layers lose by such a node. */
export function removedBy(name: ByteString, node: Node): ByteString {
  return node.kind === 'special' && !name.startsWith(WHITEOUT) ? name : name.slice(WHITEOUT.length)
}

/** True where a layer hides all that lower layers have in this directory (layer.md, "Opaque Whiteout"). */
export function isOpaque(dir: Dir): boolean {
  return hasWhiteout(dir, OPAQUE)
}

/** True where a layer's directory hides what lower layers have under this name in it. */
export function hidesBelow(dir: Dir, name: ByteString): boolean {
  return hasWhiteout(dir, WHITEOUT + name) || isOpaque(dir)
}

function hasWhiteout(dir: Dir, marker: ByteString): boolean {
  const node = dir.children.get(marker)
  return node !== undefined && node.kind !== 'dir'
}

/** True for a directory that a layer implies only in order to name whiteouts in it: it brings nothing, not even itself. */
export function bringsNothing(dir: Dir): boolean {
  if (!dir.implied) return false
  for (const [name, node] of dir.children) {
    if (node.kind === 'dir' ? !bringsNothing(node) : !isWhiteout(name, node)) return false
  }
  return true
}
