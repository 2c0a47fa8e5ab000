/** Reading single files of a merged tree: through the tree to their objects, never through paths of the host. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { CtrbuildError, isErrno } from '../errors.ts'
import { objectPath } from '../ostree/checksum.ts'
import type { Checksum } from '../ostree/types.ts'
import type { Dir, File } from '../tree/node.ts'
import { resolvePath } from '../tree/resolve.ts'

/** Bytes of the largest file that is looked into: account files are far smaller. */
const LARGEST = 1 << 20

/**
 * The text of a file of a tree, symlinks followed inside it; undefined where there is none or it is no regular file.
 * `objects` are folders that hold objects as `ab/cdef….file`, the likeliest first.
 * @throws CtrbuildError ROOTFS_INVALID where it is larger than 1 MiB
 */
export function readTextFile(objects: readonly string[], root: Dir, path: string): string | undefined {
  const resolved = resolvePath(root, path, { followLast: true })
  if (resolved.kind !== 'found' || resolved.node.kind !== 'file') return undefined
  const { size } = resolved.node
  if (size > LARGEST)
    throw new CtrbuildError('ROOTFS_INVALID', `${path} of the image has ${size} bytes, more than 1 MiB`)
  return readContent(objects, resolved.node, path).toString('utf8')
}

/**
 * The content of a file of a tree.
 * @param path what messages call it
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function readContent(objects: readonly string[], { checksum }: File, path: string): Buffer {
  const object = objectPath(checksum as Checksum, 'file')
  let bytes: Buffer | undefined
  for (let i = 0; bytes === undefined && i < objects.length; i++)
    bytes = readObject(join(objects[i]!, object))
  if (bytes === undefined)
    throw new CtrbuildError('OBJECT_DAMAGED', `the store has lost ${object}, which is ${path}`)
  return bytes
}

function readObject(path: string): Buffer | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const bytes = Buffer.alloc(fstatSync(fd).size)
      return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0))
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}
