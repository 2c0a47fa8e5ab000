/**
 * The union of layers: one tree without whiteouts and devices (layer.md, "Applying Changesets" and "Whiteouts").
 *
 * It is computed in two ways that must agree. `union` goes from the lowest layer up and lets later ones win; `unionAdd`
 * goes from the topmost down and only adds. Both take settled layers, lowest first. Directories that one layer alone
 * brings are that layer's own values wherever nothing in them has to be left out.
 */
import { type ByteString, type Dir, IMPLIED_META, type Meta, type Node } from './node.ts'
import { isAbsence, isOpaque, removedBy } from './whiteout.ts'

const EMPTY: Dir = { kind: 'dir', meta: IMPLIED_META, implied: false, children: new Map() }

/** Merges bottom-up: each layer is laid over what the lower ones came to. */
export function union(layers: readonly Dir[]): Dir {
  return layers.reduce(layOver, EMPTY)
}

/** Merges top-down: each layer adds what no higher one has or hides. */
export function unionAdd(layers: readonly Dir[]): Dir {
  return addUp([...layers.toReversed(), EMPTY])
}

function layOver(lower: Dir, upper: Dir): Dir {
  const children = isOpaque(upper) ? new Map<ByteString, Node>() : new Map(lower.children)
  for (const [name, node] of upper.children) {
    if (isAbsence(name, node)) children.delete(removedBy(name, node))
  }
  for (const [name, node] of upper.children) {
    if (isAbsence(name, node)) continue
    const under = children.get(name)
    if (node.kind !== 'dir') children.set(name, node)
    else children.set(name, under?.kind === 'dir' ? layOver(under, node) : alone(node))
  }
  return plainDir(upper.implied ? lower.meta : upper.meta, children)
}

/** `dirs` are the directories of one path, topmost first, none hidden by another. */
function addUp(dirs: readonly Dir[]): Dir {
  if (dirs.length === 1) return alone(dirs[0]!)
  const children = new Map<ByteString, Node>()
  const open = new Map<ByteString, Dir[]>()
  const closed = new Set<ByteString>()
  for (const dir of dirs) {
    for (const [name, node] of dir.children) {
      if (isAbsence(name, node) || closed.has(name)) continue
      if (node.kind !== 'dir') {
        if (!open.has(name)) children.set(name, node)
        closed.add(name)
      } else {
        const found = open.get(name)
        if (found === undefined) open.set(name, [node])
        else found.push(node)
      }
    }
    if (isOpaque(dir)) break
    for (const [name, node] of dir.children) {
      if (isAbsence(name, node)) closed.add(removedBy(name, node))
    }
  }
  for (const [name, found] of open) children.set(name, addUp(found))
  const describing = dirs.find(dir => !dir.implied)
  return plainDir(describing?.meta ?? IMPLIED_META, children)
}

/** A directory with nothing below it: without its whiteouts, and itself where it has none and nothing is implied. */
function alone(dir: Dir): Dir {
  let children: Map<ByteString, Node> | undefined
  for (const [name, node] of dir.children) {
    if (isAbsence(name, node)) {
      children ??= new Map(dir.children)
      children.delete(name)
    } else if (node.kind === 'dir') {
      const plain = alone(node)
      if (plain === node) continue
      children ??= new Map(dir.children)
      children.set(name, plain)
    }
  }
  if (children === undefined && !dir.implied) return dir
  return plainDir(dir.implied ? IMPLIED_META : dir.meta, children ?? dir.children)
}

function plainDir(meta: Meta, children: ReadonlyMap<ByteString, Node>): Dir {
  return { kind: 'dir', meta, implied: false, children }
}
