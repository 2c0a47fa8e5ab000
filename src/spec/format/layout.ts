/** A parsed file as what is to be written: values, taken apart as far as they are laid out anew, with their comments. */
import type { Node } from '../document.ts'
import type { Span } from '../position.ts'
import type { Path } from '../problem.ts'
import { tokensOf } from '../scan-tokens.ts'
import { isAlwaysBlock } from './order.ts'

/** A comment, from its `#` to the end of its line. */
export interface Comment {
  readonly text: string
  readonly start: number
  readonly column: number
  /** Nothing but space is before it. */
  readonly isOwnLine: boolean
  /** An empty line is before it. */
  readonly isApart: boolean
}

/** A value: a stretch of the text as it is, or items on lines of their own. */
export type Piece =
  | { readonly kind: 'text'; readonly span: Span; readonly node: Node }
  | { readonly kind: 'map' | 'list'; readonly items: readonly Item[]; readonly block: Block }

/** What the items of a mapping or a list have in common. */
export interface Block {
  readonly path: Path
  /** Column of its items; undefined in brackets, where columns mean nothing. */
  readonly column: number | undefined
  /** In brackets: where they close. */
  readonly end: number
  readonly parent: Block | undefined
  /** Comments after the last item. */
  readonly tail: Comment[]
  /** Comments on the lines of the item that it is the value of. */
  readonly beside: Comment[]
}

/** An entry of a mapping, or of a list. */
export interface Item {
  readonly key: string | undefined
  /** Of the key as it is written. */
  readonly keySpan: Span
  readonly value: Piece
  /** Of the key, or of the sign before a list's entry. */
  readonly start: number
  readonly block: Block
  readonly isApart: boolean
  /** Comments on the lines before it. */
  readonly lead: Comment[]
  /** Comments on its own lines. */
  readonly beside: Comment[]
}

/** Everything of a file. */
export interface Layout {
  readonly root: Piece
  /** All items, in the order of the text. */
  readonly items: readonly Item[]
  readonly comments: readonly Comment[]
  /** Where the document begins, if that is marked with `---`. */
  readonly mark: number | undefined
}

/** Lays out a text without `\r` that was read without mistakes. Comments are not with their items yet. */
export function layOut(text: string, root: Node): Layout {
  const tokens = [...tokensOf(text)]
  const dashes = tokens.filter(({ type }) => type === 'seq-item-ind').map(({ span }) => span[0])
  const items: Item[] = []
  const piece = pieceOf({ text, dashes, items }, root, [], undefined, [])
  const all = tokens.filter(({ type }) => type === 'comment')
  const comments = all.map(token => commentAt(text, token.text.trimEnd(), token.span[0]))
  return {
    root: piece,
    items: items.sort((a, b) => a.start - b.start),
    comments,
    mark: tokens.find(({ type }) => type === 'doc-start')?.span[0],
  }
}

function commentAt(text: string, comment: string, start: number): Comment {
  const [column, isOwnLine] = [columnAt(text, start), isFirst(text, start)]
  return { text: comment, start, column, isOwnLine, isApart: isOwnLine && isApart(text, start) }
}

interface Scene {
  readonly text: string
  readonly dashes: readonly number[]
  readonly items: Item[]
}

function pieceOf(scene: Scene, node: Node, path: Path, parent: Block | undefined, beside: Comment[]): Piece {
  const { text } = scene
  const isEmpty =
    node.kind === 'scalar' || (node.kind === 'map' ? node.entries.size : node.items.length) === 0
  const isFlow = '{['.includes(text[node.span[0]] ?? ' ')
  if (isEmpty || (isFlow && !(node.kind === 'map' && isAlwaysBlock(path))))
    return { kind: 'text', span: node.span, node }
  const starts =
    node.kind === 'map' ? [...node.entries.values()].map(({ key }) => key[0]) : dashesOf(scene, node.span)
  const block: Block = {
    path,
    column: isFlow ? undefined : columnAt(text, starts[0]!),
    end: node.span[1],
    parent,
    tail: [],
    beside,
  }
  const add = (key: string | undefined, keySpan: Span, value: Node, start: number): Item => {
    const inner = [...path, key ?? 0]
    const beside: Comment[] = []
    const item: Item = {
      key,
      keySpan,
      value: pieceOf(scene, value, inner, block, beside),
      start,
      block,
      isApart: isFirst(text, start) && isApart(text, start),
      lead: [],
      beside,
    }
    scene.items.push(item)
    return item
  }
  const items =
    node.kind === 'map'
      ? [...node.entries].map(([key, entry]) => add(key, entry.key, entry.value, entry.key[0]))
      : node.items.map((item, i) => add(undefined, [0, 0], item, starts[i]!))
  return { kind: node.kind, items, block }
}

/** The signs of a list's own items: those in its column. */
function dashesOf({ text, dashes }: Scene, [start, end]: Span): readonly number[] {
  const column = columnAt(text, start)
  return within(dashes, start, end).filter(dash => columnAt(text, dash) === column)
}

/** Of sorted numbers, those from start to end. */
function within(sorted: readonly number[], start: number, end: number): readonly number[] {
  return sorted.slice(firstFrom(sorted, start), firstFrom(sorted, end + 1))
}

function firstFrom(sorted: readonly number[], least: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < least) low = middle + 1
    else high = middle
  }
  return low
}

function columnAt(text: string, offset: number): number {
  return offset - text.lastIndexOf('\n', offset - 1) - 1
}

function isFirst(text: string, offset: number): boolean {
  return /^[ \t]*$/.test(text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset))
}

function isApart(text: string, offset: number): boolean {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1
  const before = text.slice(text.lastIndexOf('\n', lineStart - 2) + 1, Math.max(0, lineStart - 1))
  return lineStart > 0 && before.trim() === ''
}
