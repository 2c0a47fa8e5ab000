/** Extended attributes as pax headers carry them, in the notations of star and of libarchive. */
import { type ByteString, compareBytes, type Xattr } from '../../tree/node.ts'

const SCHILY = 'SCHILY.xattr.'
const LIBARCHIVE = 'LIBARCHIVE.xattr.'

/**
 * The attribute in a pax record, undefined for a record of another kind, and a text that says what is wrong with it.
 *
 * `SCHILY.xattr.NAME` has the bytes as they are (star(5), "SCHILY.xattr"), and an empty value is an empty attribute,
 * not a deleted one. `LIBARCHIVE.xattr.NAME` has a percent-encoded name and base64 without padding (libarchive
 * tar(5), "LIBARCHIVE.xattr.namespace.key"). The value is a copy.
 */
export function xattrOf(key: ByteString, value: Buffer): Xattr | string | undefined {
  if (key.startsWith(SCHILY)) return checked(key.slice(SCHILY.length), Buffer.from(value))
  if (key.startsWith(LIBARCHIVE))
    return checked(percentDecoded(key.slice(LIBARCHIVE.length)), base64Decoded(value))
  return undefined
}

/** Attributes by name; of two with one name the later. */
export function sortedXattrs(xattrs: readonly Xattr[]): readonly Xattr[] {
  return [...new Map(xattrs)].sort(([a], [b]) => compareBytes(a, b))
}

function checked(name: ByteString | undefined, value: Buffer | undefined): Xattr | string {
  if (name === undefined || name === '' || name.includes('\0'))
    return "an extended attribute's name is malformed"
  if (value === undefined) return "an extended attribute's value is not base64"
  return [name, value]
}

function percentDecoded(name: ByteString): ByteString | undefined {
  if (/%(?![0-9a-f]{2})/i.test(name)) return undefined
  return name.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function base64Decoded(value: Buffer): Buffer | undefined {
  const text = value.toString('latin1')
  const bare = text.replace(/={1,2}$/, '')
  return /^[A-Za-z0-9+/]*$/.test(bare) && bare.length % 4 !== 1 ? Buffer.from(bare, 'base64') : undefined
}
