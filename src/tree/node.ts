/**
 * File trees as values: what a layer brings and what a root file system holds.
 *
 * Names, paths and symlink targets are byte strings: JavaScript strings in which each character is one byte
 * (latin1), since file names on Linux are bytes and need not be UTF-8. Comparing them with `<` is comparing bytes.
 */

/** A string of bytes, one character a byte (0-255). */
export type ByteString = string

/** One extended attribute: full name such as `security.capability`, and its value. */
export type Xattr = readonly [name: ByteString, value: Buffer]

/** Owner, permissions and extended attributes of one inode. */
export interface Meta {
  readonly uid: number
  readonly gid: number
  /** Permission bits with setuid, setgid and sticky (07777), without the file type. */
  readonly mode: number
  /** Sorted by name, no name twice. */
  readonly xattrs: readonly Xattr[]
}

/** A directory. In a layer, children may be named `.wh.NAME` or `.wh..wh..opq` (layer.md, "Whiteouts"). */
export interface Dir {
  readonly kind: 'dir'
  readonly meta: Meta
  /** True where a layer names something below the directory but not the directory itself. */
  readonly implied: boolean
  readonly children: ReadonlyMap<ByteString, Node>
}

/**
 * A regular file. Two names for one File value are hard links of each other: the value's identity is the inode.
 */
export interface File {
  readonly kind: 'file'
  readonly meta: Meta
  /** Bytes of content. */
  readonly size: number
  /** OSTree content checksum, 64 hexadecimal digits. */
  readonly checksum: string
}

/** A symbolic link. */
export interface Symlink {
  readonly kind: 'symlink'
  readonly meta: Meta
  readonly target: ByteString
  /** OSTree content checksum, 64 hexadecimal digits. */
  readonly checksum: string
}

/** Only in a layer: a hard link to a path that a lower layer must bring. */
export interface Link {
  readonly kind: 'link'
  /** Normalised path from the root, no leading slash. */
  readonly target: ByteString
}

/** What a root file system gets from its runtime and not from an image. */
export type SpecialType = 'char' | 'block' | 'fifo'

/**
 * Only in a layer: a device or a pipe. It takes the place of what lower layers have, as any entry does, and is left out
 * itself.
 */
export interface Special {
  readonly kind: 'special'
  readonly type: SpecialType
}

export type Node = Dir | File | Symlink | Link | Special

/** Prefix of a whiteout's name (OCI image specification, layer.md, "Whiteouts"). */
export const WHITEOUT = '.wh.'
/** Name that hides everything lower layers have in its directory (layer.md, "Opaque Whiteout"). */
export const OPAQUE = '.wh..wh..opq'

/** What a directory is like that no layer describes: root's, 0755 (libostree's `--tar-autocreate-parents`). */
export const IMPLIED_META: Meta = { uid: 0, gid: 0, mode: 0o755, xattrs: [] }

/** Orders byte strings by their bytes, as libostree sorts names. */
export function compareBytes(a: ByteString, b: ByteString): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The byte string of a text's UTF-8 bytes. */
export function bytesOf(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** A byte string as text for people: UTF-8 where it is, other bytes and control characters escaped as `\xHH`. */
export function display(bytes: ByteString): string {
  const text = Buffer.from(bytes, 'latin1').toString('utf8')
  const isUtf8 = Buffer.from(text, 'utf8').toString('latin1') === bytes
  const unsafe = isUtf8 ? /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g : /[^\x20-\x7e]/g
  return (isUtf8 ? text : bytes).replace(unsafe, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
