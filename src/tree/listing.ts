/**
 * A tree as one line of JSON, stored beside the commit that holds the tree's objects: reading it takes milliseconds
 * where walking thousands of objects takes a second, and it keeps what OSTree's trees cannot say: which directories are
 * only implied, what is a hard link of what, and links to lower layers.
 *
 * `{"version":1,"metas":[[uid,gid,mode,[[xattr,base64]…]]…],"rows":[…]}`. Each row stands for one name, directories
 * before what is in them and names in the order of their bytes: `[parent row, name, kind, …]` and then, by kind,
 * directory: meta and, where it has been stored as it is, its dirtree's checksum; file: meta, size, checksum;
 * symlink: meta, target, checksum; link: target; special: type; again: the row of the node that this is one more name for. Bytes of names are characters U+0000 to U+00FF. Row 0 is the root.
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
  VERSION,
} from './listing-rows.ts'
import type { ByteString, Dir, Meta, Node } from './node.ts'
import { MAX_DEPTH } from './path.ts'

/** The metas of a listing: those of a tree without repetitions. */
type MetaRow = readonly [
  uid: number,
  gid: number,
  mode: number,
  xattrs: readonly (readonly [ByteString, string])[],
]

/** What is known of directories: the checksum of the dirtree that one has been stored as. */
export type TreeOf = (dir: Dir) => string | undefined

interface Rows {
  readonly treeOf: TreeOf
  /** Each as JSON. */
  readonly rows: string[]
  readonly metas: MetaRow[]
  /** Places among the metas, by value; those that were met are known by identity as well. */
  readonly metaIndex: Map<string | Meta, number>
  readonly seen: Map<Node, number>
}

interface Reading {
  readonly stored: Stored
  readonly metas: readonly Meta[]
  /** By row; the children of directories are still to be filled. */
  readonly nodes: Node[]
  readonly depths: number[]
}

/** What JSON holds as it is. */
const PLAIN = /^[ !#-[\]-~]*$/

/** Writes a tree, with the dirtrees of those directories that `treeOf` has one of. Equal trees give equal texts. */
export function encodeListing(root: Dir, treeOf: TreeOf = () => undefined): string {
  const out: Rows = { treeOf, rows: [], metas: [], metaIndex: new Map(), seen: new Map() }
  addRow(out, -1, '', root)
  return `{"version":${VERSION},"metas":${JSON.stringify(out.metas)},"rows":[${out.rows.join(',')}]}`
}

function addRow(out: Rows, parent: number, name: ByteString, node: Node): void {
  const row = out.rows.length
  const head = `${parent},${quoted(name)}`
  if (node.kind === 'dir') {
    const tree = out.treeOf(node)
    const rest = tree === undefined ? '' : `,"${tree}"`
    out.rows.push(`[${head},${node.implied ? KIND.implied : KIND.dir},${indexOf(out, node.meta)}${rest}]`)
    // Characters are bytes here, so that their order is that of bytes.
    for (const child of [...node.children.keys()].sort()) addRow(out, row, child, node.children.get(child)!)
    return
  }
  const first = out.seen.get(node)
  if (first === undefined) out.seen.set(node, row)
  out.rows.push(`[${head},${first === undefined ? leafRow(out, node) : `${KIND.again},${first}`}]`)
}

function leafRow(out: Rows, node: Exclude<Node, Dir>): string {
  switch (node.kind) {
    case 'file':
      return `${KIND.file},${indexOf(out, node.meta)},${node.size},"${node.checksum}"`
    case 'symlink':
      return `${KIND.symlink},${indexOf(out, node.meta)},${quoted(node.target)},"${node.checksum}"`
    case 'link':
      return `${KIND.link},${quoted(node.target)}`
    case 'special':
      return `${KIND.special},"${node.type}"`
    default:
      return node satisfies never
  }
}

/** A byte string as JSON. Building rows of text takes half as long as having arrays written. */
function quoted(bytes: ByteString): string {
  return PLAIN.test(bytes) ? `"${bytes}"` : JSON.stringify(bytes)
}

function indexOf(out: Rows, meta: Meta): number {
  const met = out.metaIndex.get(meta)
  if (met !== undefined) return met
  const xattrs = meta.xattrs.map(([name, value]) => [name, value.toString('base64')] as const)
  const key = `${meta.uid} ${meta.gid} ${meta.mode}${xattrs.length > 0 ? JSON.stringify(xattrs) : ''}`
  const known = out.metaIndex.get(key)
  const index = known ?? out.metas.push([meta.uid, meta.gid, meta.mode, xattrs]) - 1
  if (known === undefined) out.metaIndex.set(key, index)
  out.metaIndex.set(meta, index)
  return index
}

/** Told of each directory whose dirtree the listing knows. */
export type Stored = (dir: Dir, tree: string) => void

/**
 * Reads what encodeListing wrote; `what` names the tree in messages.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function decodeListing(text: string, what = 'a tree', stored: Stored = () => undefined): Dir {
  let row = -1
  try {
    const { metas, rows } = parseListing(text)
    const reading: Reading = { stored, metas, nodes: [], depths: [] }
    for (row = 0; row < rows.length; row++) readRow(reading, rows[row], row)
    const root = reading.nodes[0]
    expect(root?.kind === 'dir')
    return root
  } catch (error) {
    throw damagedListing(error, what, row)
  }
}

function readRow(reading: Reading, raw: unknown, row: number): void {
  expectRow(raw)
  const parent = raw[0] as number
  const node = parseNode(reading, raw)
  if (row === 0) expect(parent === -1 && raw[1] === '' && node.kind === 'dir')
  else addChild(reading, parent, raw[1], node)
  reading.nodes.push(node)
  reading.depths.push(row === 0 ? 0 : reading.depths[parent]! + 1)
}

function addChild(reading: Reading, parent: unknown, name: unknown, node: Node): void {
  expect(typeof parent === 'number' && isName(name))
  const dir = reading.nodes[parent]
  expect(dir?.kind === 'dir' && reading.depths[parent]! < MAX_DEPTH)
  const siblings = dir.children as Map<ByteString, Node>
  const count = siblings.size
  expect(siblings.set(name, node).size > count)
}

function parseNode(reading: Reading, raw: Row): Node {
  if (isFolder(raw)) return parseDir(reading, raw)
  return raw[2] === KIND.again ? nodeAgain(reading, raw) : parseLeaf(reading.metas, raw)
}

function parseDir(reading: Reading, raw: Row): Dir {
  const { meta, implied, tree } = parseFolder(reading.metas, raw)
  const dir: Dir = { kind: 'dir', meta, implied, children: new Map() }
  if (tree !== undefined) reading.stored(dir, tree)
  return dir
}

function nodeAgain(reading: Reading, raw: Row): Node {
  expect(raw.length === 4 && Number.isInteger(raw[3]))
  const node = reading.nodes[raw[3] as number]
  expect(node !== undefined && node.kind !== 'dir')
  return node
}
