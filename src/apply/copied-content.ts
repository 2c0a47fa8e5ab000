/** Files of a rootfs that could not be linked from the store, and are copies. */
import { createHash } from 'node:crypto'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { contentHeader } from '../ostree/content.ts'
import type { File } from '../tree/node.ts'

const PIECE = 1 << 20

/** True where the regular file at an absolute path has the content that `file` is to have. */
export function isSameContent(path: Buffer, file: File): boolean {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const hash = createHash('sha256').update(contentHeader(file.meta))
    const piece = Buffer.allocUnsafe(Math.min(file.size, PIECE))
    for (let count = -1; count !== 0; ) {
      count = readSync(fd, piece, 0, piece.length, null)
      hash.update(piece.subarray(0, count))
    }
    return hash.digest('hex') === file.checksum
  } finally {
    closeSync(fd)
  }
}
