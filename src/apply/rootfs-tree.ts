/** The tree of a bundle's root file system: what its layers bring, and what has to be there beside that. */
import { createHash } from 'node:crypto'
import type { MountPoint } from '../bundle/types.ts'
import { contentHeader } from '../ostree/content.ts'
import { bytesOf, type Dir, type File, type Meta } from '../tree/node.ts'
import { withMountPoints } from '../tree/points.ts'

const PLAIN: Meta = { uid: 0, gid: 0, mode: 0o644, xattrs: [] }
const EMPTY_FILE: File = {
  kind: 'file',
  meta: PLAIN,
  size: 0,
  checksum: createHash('sha256').update(contentHeader(PLAIN)).digest('hex'),
}

/**
 * A bundle's root file system: its merged tree, with all that is mounted on made beforehand.
 * @throws CtrbuildError ROOTFS_INVALID
 */
export function rootfsOf(union: Dir, points: readonly MountPoint[]): Dir {
  return withMountPoints(
    union,
    points.map(point => ({ ...point, path: bytesOf(point.path) })),
    EMPTY_FILE,
  )
}
