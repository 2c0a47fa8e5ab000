/** Owner, mode and extended attributes of content objects on disk, by the repository's mode. */
import { fchmodSync, fchownSync } from 'node:fs'
import type { Meta } from '../tree/node.ts'
import { setXattrs } from './attributes.ts'

/** Gives a bare repository's object its real owner, mode and extended attributes. Made with `firstMode`. */
export function applyBareMeta(fd: number, meta: Meta): void {
  if (meta.uid !== 0 || meta.gid !== 0) fchownSync(fd, meta.uid, meta.gid)
  if (meta.mode !== firstMode(meta.mode)) fchmodSync(fd, meta.mode)
  setXattrs(fd, meta.xattrs)
}

/** Gives a bare-user repository's object its mode, and the attribute that holds the rest. Made with `firstMode`. */
export function applyBareUserMeta(fd: number, meta: Meta, ostreeMeta: Buffer): void {
  setXattrs(fd, [['user.ostreemeta', ostreeMeta]])
  const mode = userMode(meta)
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

/** The permission bits that a bare-user object has on disk (libostree, `ostree-repo-commit.c`). */
export function userMode(meta: Meta): number {
  return (meta.mode & 0o775) | 0o400
}
