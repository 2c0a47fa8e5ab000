/** A tree, and files beside it, as the members of an archive: sorted, parents first, hard links kept. */
import type { TarMember } from '../oci/tar/writer.ts'
import { type ByteString, compareBytes, type Dir, type File, type Meta, type Node } from '../tree/node.ts'

/** Where a file's content comes from: an object of the store, by its checksum, or bytes at hand. */
export type Content = { readonly checksum: string } | { readonly bytes: Buffer }

/** A member, and the content that follows it. */
export interface Member {
  readonly header: TarMember
  /** Of a file. */
  readonly content?: Content
}

const PLAIN: Meta = { uid: 0, gid: 0, mode: 0o644, xattrs: [] }

/** Files of a tree whose content is at hand, and not in the store. */
export type Extras = ReadonlyMap<File, Buffer>

/**
 * Everything in a tree.
 * @param at the path of the tree's root in the archive, or `''` for the archive's own root, which is then `./`
 */
export function* treeMembers(root: Dir, at: ByteString, extras: Extras = new Map()): Generator<Member> {
  yield { header: { type: 'dir', path: at === '' ? './' : at, meta: root.meta } }
  yield* childMembers(root, at === '' ? '' : `${at}/`, { first: new Map(), extras })
}

interface Walk {
  /** The path under which each file came first. */
  readonly first: Map<File, ByteString>
  readonly extras: Extras
}

/** A file of root's, with content at hand. */
export function fileMember(path: ByteString, mode: number, bytes: Buffer): Member {
  return {
    header: { type: 'file', path, meta: { ...PLAIN, mode }, size: bytes.length },
    content: { bytes },
  }
}

/** A directory without anything in it. */
export function dirMember(path: ByteString, meta: Meta): Member {
  return { header: { type: 'dir', path, meta } }
}

function* childMembers(dir: Dir, prefix: ByteString, walk: Walk): Generator<Member> {
  for (const name of [...dir.children.keys()].sort(compareBytes)) {
    const node = dir.children.get(name)!
    const path = prefix + name
    yield memberOf(node, path, walk)
    if (node.kind === 'dir') yield* childMembers(node, `${path}/`, walk)
  }
}

function memberOf(node: Node, path: ByteString, { first, extras }: Walk): Member {
  if (node.kind === 'link' || node.kind === 'special')
    throw new Error('a merged tree has neither links to lower layers nor devices')
  const { meta } = node
  if (node.kind === 'dir') return { header: { type: 'dir', path, meta } }
  if (node.kind === 'symlink')
    return { header: { type: 'symlink', path, meta: { ...meta, mode: 0o777 }, target: node.target } }
  const target = first.get(node)
  if (target !== undefined) return { header: { type: 'hardlink', path, meta, target } }
  first.set(node, path)
  // The store need not have what is empty: what is made to be mounted on is in no layer.
  const bytes = node.size === 0 ? Buffer.alloc(0) : extras.get(node)
  const content = bytes === undefined ? { checksum: node.checksum } : { bytes }
  return { header: { type: 'file', path, meta, size: node.size }, content }
}
