/** Owner, mode and extended attributes of content objects on disk, by the repository's mode. */
import { fchmodSync, fchownSync } from 'node:fs'
import type { Meta } from '../tree/node.ts'
import { setXattrs } from './attributes.ts'
import { type ContentInfo, encodeOstreeMeta } from './content.ts'
import type { RepoMode } from './types.ts'

/** What a content object is the object of. */
export type Inode = Pick<ContentInfo, 'kind' | 'meta'>

/**
 * The permission bits that a regular file has on disk: in a bare repository its own, in a bare-user one what lets its
 * owner read it and no others write to it (libostree, `ostree-repo-commit.c`).
 */
export function diskMode(repo: RepoMode, meta: Meta): number {
  return repo === 'bare' ? meta.mode : (meta.mode & 0o775) | 0o400
}

/**
 * Gives a content object that was made with `firstMode` its mode on disk, and keeps the rest as the repository does: a
 * bare one has owner and extended attributes themselves, a bare-user one an attribute that tells of them.
 * @param mode its permission bits on disk
 */
export function applyMeta(repo: RepoMode, fd: number, { kind, meta }: Inode, mode: number): void {
  const isBare = repo === 'bare'
  // A change of owner takes capabilities and set-user-ID bits away, and whoever may not write may set no attributes.
  if (isBare && (meta.uid !== 0 || meta.gid !== 0)) fchownSync(fd, meta.uid, meta.gid)
  setXattrs(fd, isBare ? meta.xattrs : [['user.ostreemeta', encodeOstreeMeta(meta, kind)]])
  if (mode !== firstMode(mode)) fchmodSync(fd, mode)
}

/** What the umask takes from a new file. The program sets it once, before any thread starts. */
const UMASK = process.umask()

/**
 * The mode that a file is made with: its own where that is what comes out of it, and where its owner may write, as
 * setting extended attributes needs; else one that others cannot read until it is complete.
 */
export function firstMode(mode: number): number {
  return (mode & (UMASK | 0o7000)) === 0 && (mode & 0o200) !== 0 ? mode : 0o600
}
