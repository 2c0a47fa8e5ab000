/**
 * A tree as one line of JSON, stored beside the commit that holds the tree's objects: reading it takes milliseconds
 * where walking thousands of objects takes a second, and it keeps what OSTree's trees cannot say: which directories are
 * only implied, what is a hard link of what, and links to lower layers.
 *
 * `{"version":1,"metas":[[uid,gid,mode,[[xattr,base64]…]]…],"rows":[…]}`. Each row stands for one name, directories
 * before what is in them and names in the order of their bytes: `[parent row, name, kind, …]` and then, by kind,
 * directory: meta; file: meta, size, checksum;
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
import { type MetaTable, metaTable } from './metas.ts'
import type { ByteString, Dir, Meta, Node } from './node.ts'
import { MAX_DEPTH } from './path.ts'

interface Rows {
  readonly rows: Row[]
  readonly metas: MetaTable
  readonly seen: Map<Node, number>
}

interface Reading {
  readonly metas: readonly Meta[]
  /** By row; the children of directories are still to be filled. */
  readonly nodes: Node[]
  readonly depths: number[]
}

/** Writes a tree. Equal trees give equal texts. */
export function encodeListing(root: Dir): string {
  const out: Rows = { rows: [], metas: metaTable(), seen: new Map() }
  addRow(out, -1, '', root)
  return JSON.stringify({ version: VERSION, metas: out.metas.rows, rows: out.rows })
}

function addRow(out: Rows, parent: number, name: ByteString, node: Node): void {
  const row = out.rows.length
  if (node.kind === 'dir') {
    out.rows.push([parent, name, node.implied ? KIND.implied : KIND.dir, out.metas.indexOf(node.meta)])
    // Characters are bytes here, so that their order is that of bytes.
    for (const child of [...node.children.keys()].sort()) addRow(out, row, child, node.children.get(child)!)
    return
  }
  const first = out.seen.get(node)
  if (first === undefined) out.seen.set(node, row)
  out.rows.push(first === undefined ? leafRow(out, parent, name, node) : [parent, name, KIND.again, first])
}

function leafRow(out: Rows, parent: number, name: ByteString, node: Exclude<Node, Dir>): Row {
  switch (node.kind) {
    case 'file':
      return [parent, name, KIND.file, out.metas.indexOf(node.meta), node.size, node.checksum]
    case 'symlink':
      return [parent, name, KIND.symlink, out.metas.indexOf(node.meta), node.target, node.checksum]
    case 'link':
      return [parent, name, KIND.link, node.target]
    case 'special':
      return [parent, name, KIND.special, node.type]
    default:
      return node satisfies never
  }
}

/**
 * Reads what encodeListing wrote; `what` names the tree in messages.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function decodeListing(text: string, what = 'a tree'): Dir {
  let row = -1
  try {
    const { metas, rows } = parseListing(text)
    const reading: Reading = { metas, nodes: [], depths: [] }
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
  return { kind: 'dir', ...parseFolder(reading.metas, raw), children: new Map() }
}

function nodeAgain(reading: Reading, raw: Row): Node {
  expect(raw.length === 4 && Number.isInteger(raw[3]))
  const node = reading.nodes[raw[3] as number]
  expect(node !== undefined && node.kind !== 'dir')
  return node
}
