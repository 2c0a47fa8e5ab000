/** Extended attributes of open files (xattr(7)), synchronously. */
import type { ByteString, Xattr } from '../tree/node.ts'
import { bytesOf, compareBytes } from '../tree/node.ts'
import { nativeFs } from './native.ts'

/** The value of an attribute, or undefined where the file does not have it. */
export function getXattr(fd: number, name: ByteString): Buffer | undefined {
  return nativeFs().getAttrSync(fd, textOf(name)) ?? undefined
}

/** Sets an attribute. The descriptor may be open for reading only. */
export function setXattr(fd: number, name: ByteString, value: Buffer): void {
  nativeFs().setAttrSync(fd, textOf(name), value)
}

/** All attributes that this process may see, sorted by name. */
export function listXattrs(fd: number): Xattr[] {
  const names = nativeFs().listAttrsSync(fd).map(bytesOf).sort(compareBytes)
  return names.map(name => [name, getXattr(fd, name)!])
}

/** The native module takes names as text, and writes them as UTF-8. */
function textOf(name: ByteString): string {
  return Buffer.from(name, 'latin1').toString('utf8')
}
