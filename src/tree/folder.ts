/** Directories that are still being made: the same shape as Dir, but open. */
import {
  type ByteString,
  type File,
  IMPLIED_META,
  type Link,
  type Meta,
  type Special,
  type Symlink,
} from './node.ts'

/** A directory that can be written to. It is a Dir for everyone else. */
export interface Folder {
  readonly kind: 'dir'
  meta: Meta
  implied: boolean
  readonly children: Map<ByteString, Item>
}

/** What a Folder holds. */
export type Item = Folder | File | Symlink | Link | Special

/** An empty directory that nothing has described yet. */
export function impliedFolder(): Folder {
  return { kind: 'dir', meta: IMPLIED_META, implied: true, children: new Map() }
}
