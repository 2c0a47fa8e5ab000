/** Reads a folder back into a tree, so that what a tool put on disk can be compared as text. */
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { listXattrs } from '../../src/sys/xattr.ts'
import { type ByteString, compareBytes, type Dir, type Meta, type Node } from '../../src/tree/node.ts'
import { checksumOf } from './tree.ts'

/** The tree in a folder. Hard links within it are one node. */
export function readRootfs(folder: string): Dir {
  const root = readNode(folder, new Map())
  if (root.kind !== 'dir') throw new Error(`${folder} is not a directory`)
  return root
}

function readNode(path: ByteString, seen: Map<number, Node>): Node {
  const disk = Buffer.from(path, 'latin1')
  const stats = lstatSync(disk)
  const known = seen.get(stats.ino)
  if (known !== undefined) return known
  const node = stats.isDirectory() ? readDir(path, stats, seen) : readLeaf(disk, stats)
  if (stats.nlink > 1 && node.kind !== 'dir') seen.set(stats.ino, node)
  return node
}

function readDir(path: ByteString, stats: Stats, seen: Map<number, Node>): Dir {
  const disk = Buffer.from(path, 'latin1')
  const names = readdirSync(disk, 'latin1').sort(compareBytes)
  const children = new Map(names.map(name => [name, readNode(`${path}/${name}`, seen)]))
  return { kind: 'dir', meta: metaOf(disk, stats), implied: false, children }
}

function readLeaf(disk: Buffer, stats: Stats): Node {
  if (stats.isSymbolicLink()) {
    const meta = { uid: stats.uid, gid: stats.gid, mode: 0o777, xattrs: [] }
    const target = readlinkSync(disk, 'latin1')
    return { kind: 'symlink', meta, target, checksum: checksumOf(meta, Buffer.from(target, 'latin1')) }
  }
  if (!stats.isFile()) throw new Error(`${disk.toString()} is neither a file nor a directory nor a symlink`)
  const meta = metaOf(disk, stats)
  return { kind: 'file', meta, size: stats.size, checksum: checksumOf(meta, readFileSync(disk)) }
}

function metaOf(disk: Buffer, { uid, gid, mode }: Stats): Meta {
  const fd = openSync(disk, 'r')
  try {
    return { uid, gid, mode: mode & 0o7777, xattrs: listXattrs(fd) }
  } finally {
    closeSync(fd)
  }
}
