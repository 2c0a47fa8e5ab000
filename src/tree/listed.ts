/**
 * A listing as a tree of which nothing is made before it is looked at: whoever goes through all of it once, row by row,
 * has no use for tens of thousands of nodes in maps.
 */
import {
  damagedListing,
  expect,
  expectRow,
  isFolder,
  isName,
  KIND,
  parseFolder,
  parseLeaf,
  parseListing,
  type Row,
} from './listing-rows.ts'
import type { ByteString, Dir, Meta, Node } from './node.ts'
import { MAX_DEPTH } from './path.ts'

/** Rows whose places in the tree are known to be sound. */
export interface Listing {
  readonly what: string
  readonly metas: readonly Meta[]
  readonly rows: readonly Row[]
  /** By a directory's row: the first row after what is in it. */
  readonly ends: Int32Array
}

/** A directory of a listing; its children are made when they are first asked for. */
export class ListedDir implements Dir {
  readonly kind = 'dir'
  readonly meta: Meta
  readonly implied: boolean
  readonly listing: Listing
  readonly row: number
  #children: ReadonlyMap<ByteString, Node> | undefined

  /** Throws TypeError. */
  constructor(listing: Listing, row: number) {
    const { meta, implied } = parseFolder(listing.metas, listing.rows[row]!)
    this.meta = meta
    this.implied = implied
    this.listing = listing
    this.row = row
  }

  /** @throws CtrbuildError OBJECT_DAMAGED */
  get children(): ReadonlyMap<ByteString, Node> {
    this.#children ??= childrenOf(this)
    return this.#children
  }
}

/**
 * The tree of what encodeListing wrote; `what` names it in messages. Files that are hard links of each other are equal,
 * and not the same.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function openListing(text: string, what = 'a tree'): ListedDir {
  let row = -1
  try {
    const { metas, rows } = parseListing(text)
    const listing = { what, metas, rows: rows as readonly Row[], ends: new Int32Array(rows.length) }
    const open: Open = { rows: [], names: [] }
    for (row = 0; row < rows.length; row++) place(listing, open, row)
    for (const dir of open.rows) listing.ends[dir] = rows.length
    row = 0
    return new ListedDir(listing, 0)
  } catch (error) {
    throw damagedListing(error, what, row)
  }
}

/** Directories that lead to a row, and the last name in each. */
interface Open {
  readonly rows: number[]
  readonly names: ByteString[]
}

/** Finds a row's directory open: what is in one follows it, with names in order. Throws TypeError. */
function place({ rows, ends }: Listing, open: Open, row: number): void {
  const raw = rows[row]
  expectRow(raw)
  const parent = raw[0]
  const name = raw[1]
  let depth = open.rows.length
  for (; depth > 0 && open.rows[depth - 1] !== parent; depth--) {
    ends[open.rows.pop()!] = row
    open.names.pop()
  }
  if (row === 0) expect(parent === -1 && name === '' && isFolder(raw))
  else expect(depth > 0 && depth <= MAX_DEPTH && isName(name) && name > open.names[depth - 1]!)
  if (depth > 0) open.names[depth - 1] = name as ByteString
  if (!isFolder(raw)) return
  open.rows.push(row)
  open.names.push('')
}

/**
 * What a row stands for.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function nodeAt(listing: Listing, row: number): Node {
  try {
    const raw = listing.rows[row]!
    if (isFolder(raw)) return new ListedDir(listing, row)
    return parseLeaf(listing.metas, raw[2] === KIND.again ? firstOf(listing, raw, row) : raw)
  } catch (error) {
    throw damagedListing(error, listing.what, row)
  }
}

/** The row that another one is one more name for. */
function firstOf({ rows }: Listing, raw: Row, row: number): Row {
  const first = raw[3]
  expect(raw.length === 4 && typeof first === 'number' && first < row)
  return rows[first]!
}

function childrenOf({ listing, row: dir }: ListedDir): ReadonlyMap<ByteString, Node> {
  const { rows, ends } = listing
  const children = new Map<ByteString, Node>()
  for (let row = dir + 1; row < ends[dir]!; row = isFolder(rows[row]!) ? ends[row]! : row + 1)
    children.set(rows[row]![1] as ByteString, nodeAt(listing, row))
  return children
}
