/** Which extended attributes of an image's files enter a root file system. */
import type { ByteString, Xattr } from '../tree/node.ts'

/**
 * The attributes that are kept: a file's capabilities, and what users keep for themselves. Labels and access control
 * lists are the host's policy; `trusted.overlay.*`, `user.overlay.*` and `user.ostreemeta` would speak to file systems
 * and repositories instead of programs; one without a value cannot be told from none in OSTree.
 */
export function keptXattrs(xattrs: readonly Xattr[]): readonly Xattr[] {
  return xattrs.length === 0 ? xattrs : xattrs.filter(([name, value]) => isKept(name) && value.length > 0)
}

function isKept(name: ByteString): boolean {
  if (name === 'security.capability') return true
  return name.startsWith('user.') && !name.startsWith('user.overlay.') && name !== 'user.ostreemeta'
}
