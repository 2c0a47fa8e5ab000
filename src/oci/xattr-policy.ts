/** Which extended attributes of an image's files enter a root file system. */
import { isUtf8 } from 'node:buffer'
import type { ByteString, Xattr } from '../tree/node.ts'

/** XATTR_NAME_MAX (linux/limits.h). */
const LONGEST_NAME = 255
const CAPABILITY = 'security.capability'
/** Revisions of `struct vfs_cap_data` that the kernel takes (linux/capability.h), and their bytes. */
const REVISION_2 = { magic: 0x02000000, size: 20 }
const REVISION_3 = { magic: 0x03000000, size: 24 }
const EFFECTIVE = 1

/**
 * The attributes that are kept: a file's capabilities, and what users keep for themselves. Labels and access control
 * lists are the host's policy; `trusted.overlay.*`, `user.overlay.*` and `user.ostreemeta` would speak to file systems
 * and repositories instead of programs; one without a value cannot be told from none in OSTree, and what Linux takes
 * for no name or no capabilities cannot be on a file.
 */
export function keptXattrs(xattrs: readonly Xattr[]): readonly Xattr[] {
  if (xattrs.length === 0) return xattrs
  return xattrs.flatMap(([name, value]) => {
    if (name === CAPABILITY) return capabilityOf(value)
    return isUserName(name) && value.length > 0 ? [[name, value] as const] : []
  })
}

function isUserName(name: ByteString): boolean {
  if (!name.startsWith('user.') || name === 'user.' || name.length > LONGEST_NAME) return false
  return (
    !name.startsWith('user.overlay.') && name !== 'user.ostreemeta' && isUtf8(Buffer.from(name, 'latin1'))
  )
}

/**
 * The capabilities as the kernel gives them back: revision 3 is 2 with the root of a user namespace, and for the first
 * namespace's it gives 2.
 */
function capabilityOf(value: Buffer): Xattr[] {
  const magic = value.length < 4 ? 0 : value.readUInt32LE(0)
  const revision = magic - (magic & EFFECTIVE)
  if (revision === REVISION_2.magic && value.length === REVISION_2.size) return [[CAPABILITY, value]]
  if (revision !== REVISION_3.magic || value.length !== REVISION_3.size) return []
  if (value.readUInt32LE(REVISION_2.size) !== 0) return [[CAPABILITY, value]]
  const plain = Buffer.from(value.subarray(0, REVISION_2.size))
  plain.writeUInt32LE(magic - REVISION_3.magic + REVISION_2.magic, 0)
  return [[CAPABILITY, plain]]
}
