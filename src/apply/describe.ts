/** What a bundle comes to in its tree: config.json, scripts, and the places that are mounted on. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Bundle, type BundleSources, makeBundle } from '../bundle/bundle.ts'
import type { MountPoint, Privilege } from '../bundle/types.ts'
import { CtrbuildError } from '../errors.ts'
import { parseImageConfig } from '../oci/image-config.ts'
import type { DesiredBundle, DesiredImage } from '../plan/types.ts'
import type { CachedSource } from '../source/cached.ts'
import type { BundleSpec, MountSpec } from '../spec/types.ts'
import { isSystem, scopeOf } from '../system/system.ts'
import type { HostFacts } from '../system/variables.ts'
import { bytesOf, type Dir, display } from '../tree/node.ts'
import { realPathsIn } from '../tree/points.ts'
import type { Places } from './places.ts'
import { readExports } from './read-exports.ts'
import { readTextFile } from './rootfs-files.ts'
import { withSubids } from './subids.ts'
import type { UserPlaces } from './work.ts'

/** Where a bundle's parts are looked up. */
export interface Scene {
  readonly source: CachedSource
  readonly places: Places
  readonly privilege: Privilege
  readonly userPlaces: UserPlaces
  /** Folders that hold objects as `ab/cdef….file`. */
  readonly objects: readonly string[]
  readonly signal: AbortSignal
}

/**
 * Makes a bundle of its declaration, the configuration of its topmost image and its merged tree.
 * @throws CtrbuildError as makeBundle, readExports and CachedSource.documents; OBJECT_DAMAGED
 */
export async function describeBundle(
  scene: Scene,
  desired: DesiredBundle,
  image: DesiredImage,
  root: Dir,
): Promise<Bundle> {
  return makeBundle(await sourcesOf(scene, desired, image, root))
}

/**
 * The same bundle for nobody in particular, which is what its digest is of: places and ids of a user may be in a
 * config.json that an image brings.
 */
export async function identityOf(
  scene: Scene,
  desired: DesiredBundle,
  image: DesiredImage,
  root: Dir,
  bundle: Bundle,
): Promise<Bundle> {
  const isRoot = scene.privilege.kind === 'root'
  if (scopeOf(desired.spec, isRoot) === 'system') return bundle
  const sources = await sourcesOf(scene, desired, image, root)
  return sources.service.exports === undefined ? bundle : makeBundle(ofAnyone(sources))
}

async function sourcesOf(
  { source, places, privilege, userPlaces, objects, signal }: Scene,
  { spec, config: imageId }: DesiredBundle,
  { spec: reference, locked }: DesiredImage,
  root: Dir,
): Promise<BundleSources> {
  const { config } = await source.documents(reference, locked, signal)
  const image = parseImageConfig(config.bytes)
  return {
    spec,
    image,
    accounts: {
      passwd: readTextFile(objects, root, '/etc/passwd'),
      group: readTextFile(objects, root, '/etc/group'),
    },
    privilege: withSubids(privilege, spec),
    kinds: new Map(spec.mounts.map(mount => [mount.target, kindOf(places, mount)])),
    realPath: realPathOf(root),
    service: {
      exports: isSystem(spec, image) ? readExports(objects, root) : undefined,
      imageId,
      facts: factsOf(spec, privilege, userPlaces),
    },
  }
}

/** A name that is no text cannot be said in config.json, and so not be kept from bubblewrap. */
function realPathOf(root: Dir): BundleSources['realPath'] {
  const realPath = realPathsIn(root)
  return path => {
    const real = realPath(bytesOf(path))
    if (real === undefined) return undefined
    const text = Buffer.from(real, 'latin1').toString('utf8')
    if (bytesOf(text) === real) return text
    throw new CtrbuildError(
      'ROOTFS_INVALID',
      `a symlink of the image leads "${path}" to "${display(real)}", which is no text`,
      { hint: 'Choose another mount target, or an image that leaves it free' },
    )
  }
}

const ANYONE = { uid: 1000, gid: 1000 }

function ofAnyone(sources: BundleSources): BundleSources {
  const { privilege, service } = sources
  const facts = userFacts(ANYONE, { home: '/home', run: '/run/user' })
  return {
    ...sources,
    privilege: privilege.kind === 'root' ? privilege : { ...privilege, ...ANYONE },
    service: { ...service, facts },
  }
}

/** What is a fact for config.json, where a bundle's paths count from its own folder. */
function factsOf(spec: BundleSpec, privilege: Privilege, places: UserPlaces): HostFacts {
  if (scopeOf(spec, privilege.kind === 'root') === 'system')
    return { destdir: '.', run: '/run', state: '/var/lib', conf: '/etc', uid: '0', gid: '0' }
  return userFacts(privilege.kind === 'root' ? { uid: 0, gid: 0 } : privilege, places)
}

function userFacts({ uid, gid }: { uid: number; gid: number }, { home, run }: UserPlaces): HostFacts {
  const conf = `${home}/.config`
  return { destdir: '.', run, state: `${home}/.data`, conf, uid: String(uid), gid: String(gid) }
}

/** What has to be in the rootfs for a mount to be put on. */
function kindOf({ base }: Places, mount: MountSpec): MountPoint['kind'] {
  if (mount.type !== 'bind') return 'dir'
  const found = statSync(resolve(base, mount.source), { throwIfNoEntry: false })
  return found === undefined || found.isDirectory() ? 'dir' : 'file'
}
