/** A parsed file as a tree of plain values that know where they stand. */
import type { Span } from './position.ts'
import type { Path } from './problem.ts'

/** One value of the file. Spans of collections begin at their first item. */
export type Node =
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Entry>; readonly span: Span }
  | { readonly kind: 'list'; readonly items: readonly Node[]; readonly span: Span }
  | Scalar

/** A single value, and the text that it was read from (without quotes). */
export interface Scalar {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  readonly source: string
  readonly span: Span
}

/** A key's place and its value. */
export interface Entry {
  readonly key: Span
  readonly value: Node
}

/** The value that a path leads to. */
export function nodeAt(root: Node, path: Path): Node | undefined {
  let node: Node | undefined = root
  for (const part of path) node = node === undefined ? undefined : childOf(node, part)
  return node
}

function childOf(node: Node, part: string | number): Node | undefined {
  if (node.kind === 'map') return node.entries.get(String(part))?.value
  return node.kind === 'list' && typeof part === 'number' ? node.items[part] : undefined
}

/**
 * Where to point for a path: at a single value itself, at the key of a collection or of nothing; where the path leads
 * nowhere, at the closest value around it.
 */
export function spanAt(root: Node, path: Path): Span {
  for (let length = path.length; length > 0; length--) {
    const node = nodeAt(root, path.slice(0, length))
    if (node === undefined) continue
    const isVisible = node.kind === 'scalar' && node.span[0] < node.span[1]
    return isVisible ? node.span : (keySpanAt(root, path.slice(0, length)) ?? node.span)
  }
  return [root.span[0], root.span[0]]
}

/** Where the key stands that a path ends with, if it ends with one. */
export function keySpanAt(root: Node, path: Path): Span | undefined {
  const parent = nodeAt(root, path.slice(0, -1))
  const key = path.at(-1)
  return parent?.kind === 'map' && key !== undefined ? parent.entries.get(String(key))?.key : undefined
}

/** The value without its places. Maps have no prototype, so that no key of theirs means anything to JavaScript. */
export function plainOf(node: Node): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plainOf)
  const map: Record<string, unknown> = Object.create(null)
  for (const [key, entry] of node.entries) map[key] = plainOf(entry.value)
  return map
}
