/**
 * The union as a slow and simple model: a flat map from real paths to nodes, to which members are applied one by one as
 * an extractor would. It shares no code with the union that it checks. Members must come in a safe order.
 */
import type { LayerEntry } from '../../src/tree/layer.ts'
import { type Dir, IMPLIED_META, type Node } from '../../src/tree/node.ts'

type Flat = Map<string, Node>

/** The merged tree, or undefined where some member cannot be applied. */
export function naiveUnion(layers: readonly (readonly LayerEntry[])[]): Dir | undefined {
  const flat: Flat = new Map()
  try {
    for (const entries of layers) {
      const own = new Set<string>()
      for (const entry of entries) apply(flat, own, entry)
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
  return treeOf(flat, '')
}

function apply(flat: Flat, own: Set<string>, entry: LayerEntry): void {
  const names = entry.path.split('/').filter(name => name !== '' && name !== '.')
  const name = names.pop()!
  const parent = follow(flat, names)
  if (name.startsWith('.wh.')) removeBelow(flat, own, parent, name)
  else addNode(flat, own, parent, name, entry)
}

function removeBelow(flat: Flat, own: ReadonlySet<string>, parent: string, name: string): void {
  const removed = `${parent}/${name.slice('.wh.'.length)}`
  if (name === '.wh..wh..opq') remove(flat, own, `${parent}/`)
  else remove(flat, own, `${removed}/`)
  if (!own.has(removed)) flat.delete(removed)
}

function addNode(flat: Flat, own: Set<string>, parent: string, name: string, entry: LayerEntry): void {
  const path = `${parent}/${name}`
  makeParents(flat, own, parent)
  const replacesDir = entry.kind === 'dir' && flat.get(path)?.kind === 'dir'
  if (!replacesDir) {
    flat.delete(path)
    remove(flat, new Set(), `${path}/`)
  }
  own.add(path)
  flat.set(path, nodeOf(flat, entry))
}

function nodeOf(flat: Flat, entry: LayerEntry): Node {
  switch (entry.kind) {
    case 'dir':
      return { kind: 'dir', meta: entry.meta, implied: false, children: new Map() }
    case 'file':
      return { kind: 'file', meta: entry.meta, size: entry.size, checksum: entry.checksum }
    case 'symlink':
      return { kind: 'symlink', meta: entry.meta, target: entry.target, checksum: entry.checksum }
    case 'hardlink': {
      const names = entry.target.split('/').filter(name => name !== '' && name !== '.')
      const name = names.pop()!
      const node = flat.get(`${follow(flat, names)}/${name}`)
      if (node === undefined || node.kind === 'dir') throw new RangeError('no such file')
      return node
    }
    case 'special':
      return { kind: 'special', type: entry.type }
  }
}

/** Deletes what is under a prefix, but for what this layer brought and its directories. */
function remove(flat: Flat, own: ReadonlySet<string>, prefix: string): void {
  for (const path of [...flat.keys()]) if (path.startsWith(prefix) && !own.has(path)) flat.delete(path)
}

function makeParents(flat: Flat, own: Set<string>, parent: string): void {
  for (let end = parent.indexOf('/', 1); parent !== ''; end = parent.indexOf('/', end + 1)) {
    const path = end < 0 ? parent : parent.slice(0, end)
    const node = flat.get(path)
    if (node !== undefined && node.kind !== 'dir') throw new RangeError('not a directory')
    if (node === undefined)
      flat.set(path, { kind: 'dir', meta: IMPLIED_META, implied: false, children: new Map() })
    own.add(path)
    if (end < 0) return
  }
}

/** The real path of a directory, without an end slash; the root is the empty text. */
function follow(flat: Flat, names: readonly string[]): string {
  let path = ''
  let left = [...names]
  for (let hops = 0; left.length > 0; ) {
    const [name, ...rest] = left
    left = rest
    const next = name === '..' ? path.slice(0, Math.max(path.lastIndexOf('/'), 0)) : `${path}/${name}`
    const node = flat.get(next)
    if (name === '..' || node?.kind !== 'symlink') {
      path = next
      continue
    }
    if (++hops > 40) throw new RangeError('too many symlinks')
    if (node.target.startsWith('/')) path = ''
    left = [...node.target.split('/').filter(part => part !== '' && part !== '.'), ...left]
  }
  return path
}

function treeOf(flat: Flat, path: string): Dir {
  const children = new Map<string, Node>()
  for (const [child, node] of flat) {
    const name = child.slice(path.length + 1)
    if (!child.startsWith(`${path}/`) || name.includes('/') || node.kind === 'special') continue
    children.set(name, node.kind === 'dir' ? { ...treeOf(flat, child), meta: node.meta } : node)
  }
  return { kind: 'dir', meta: IMPLIED_META, implied: false, children }
}
