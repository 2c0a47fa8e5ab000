/** Paths of bytes, as Node's fs takes them. */
import type { ByteString } from '../tree/node.ts'

const NOT_ASCII = /[^\x00-\x7f]/

/** A byte string for Node's fs: the text itself where it is ASCII, else its bytes. */
export function onDisk(path: ByteString): string | Buffer {
  return NOT_ASCII.test(path) ? Buffer.from(path, 'latin1') : path
}
