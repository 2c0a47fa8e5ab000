/** Paths of bytes, as Node's fs takes them. */
import type { ByteString } from '../tree/node.ts'

/** A byte string for Node's fs: the text itself where it is ASCII, else its bytes. */
export function onDisk(path: ByteString): string | Buffer {
  for (let i = 0; i < path.length; i++) if (path.charCodeAt(i) > 0x7f) return Buffer.from(path, 'latin1')
  return path
}
