/** What a bundle comes to in its tree: config.json, scripts, and the places that are mounted on. */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Bundle, makeBundle } from '../bundle/bundle.ts'
import type { MountPoint, Privilege } from '../bundle/types.ts'
import { parseImageConfig } from '../oci/image-config.ts'
import { contentHeader } from '../ostree/content.ts'
import type { DesiredBundle, DesiredImage } from '../plan/types.ts'
import type { CachedSource } from '../source/cached.ts'
import type { MountSpec } from '../spec/types.ts'
import { bytesOf, type Dir, type File, type Meta } from '../tree/node.ts'
import { withMountPoints } from '../tree/points.ts'
import type { Places } from './places.ts'
import { readTextFile } from './rootfs-files.ts'
import { withSubids } from './subids.ts'

const PLAIN: Meta = { uid: 0, gid: 0, mode: 0o644, xattrs: [] }
const EMPTY_FILE: File = {
  kind: 'file',
  meta: PLAIN,
  size: 0,
  checksum: createHash('sha256').update(contentHeader(PLAIN)).digest('hex'),
}

/** Where a bundle's parts are looked up. */
export interface Scene {
  readonly source: CachedSource
  readonly places: Places
  readonly privilege: Privilege
  /** Folders that hold objects as `ab/cdef….file`. */
  readonly objects: readonly string[]
  readonly signal: AbortSignal
}

/**
 * Makes a bundle of its declaration, the configuration of its topmost image and its merged tree.
 * @throws CtrbuildError as makeBundle and CachedSource.documents; OBJECT_DAMAGED
 */
export async function describeBundle(
  { source, places, privilege, objects, signal }: Scene,
  { spec }: DesiredBundle,
  image: DesiredImage,
  root: Dir,
): Promise<Bundle> {
  const { config } = await source.documents(image.spec, image.locked, signal)
  return makeBundle({
    spec,
    image: parseImageConfig(config.bytes),
    accounts: {
      passwd: readTextFile(objects, root, '/etc/passwd'),
      group: readTextFile(objects, root, '/etc/group'),
    },
    privilege: withSubids(privilege, spec),
    kinds: new Map(spec.mounts.map(mount => [mount.target, kindOf(places, mount)])),
  })
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

/** What has to be in the rootfs for a mount to be put on. */
function kindOf({ base }: Places, mount: MountSpec): MountPoint['kind'] {
  if (mount.type !== 'bind') return 'dir'
  const found = statSync(resolve(base, mount.source), { throwIfNoEntry: false })
  return found === undefined || found.isDirectory() ? 'dir' : 'file'
}
