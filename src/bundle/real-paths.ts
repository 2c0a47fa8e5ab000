/**
 * Where mounts go once the image's symlinks are followed. runc and crun follow them inside the container's root. But
 * bubblewrap follows them where it puts the root together, in which `/oldroot` is the host: it would make folders there
 * for an image that has a link to it. So config.json names places behind no link.
 */
import { compareBytes } from '../tree/node.ts'
import { isWithin } from './container-path.ts'
import type { RuntimeConfig, RuntimeMount } from './types.ts'

/** Where a path of the container leads in the image's tree; undefined for what leads nowhere. */
export type RealPath = (path: string) => string | undefined

/** Folders that the kernel fills: a link of the image into them stays, to be refused. */
const KERNEL = ['/dev', '/proc', '/sys']

/** A configuration whose mounts, hidden and read-only paths and working directory are behind no link of the image. */
export function withRealPaths(config: RuntimeConfig, realPath: RealPath): RuntimeConfig {
  const targets = config.mounts.map(mount => mount.destination)
  const real = (path: string) => realTarget(path, targets, realPath)
  const { process: given, mounts, linux } = config
  return {
    ...config,
    process: { ...given, cwd: real(given.cwd) },
    mounts: arranged(mounts, real),
    linux: {
      ...linux,
      maskedPaths: linux.maskedPaths.map(path => realPath(path) ?? path),
      readonlyPaths: linux.readonlyPaths.map(path => realPath(path) ?? path),
    },
  }
}

/**
 * Mounts where they go. One that goes elsewhere comes after what it is below there, and after what is mounted on the
 * same place anyway, since it was asked for by name.
 */
function arranged(mounts: readonly RuntimeMount[], real: (path: string) => string): readonly RuntimeMount[] {
  const all = mounts.map(mount => {
    const destination = real(mount.destination)
    return { mount: { ...mount, destination }, isMoved: destination !== mount.destination }
  })
  if (!all.some(({ isMoved }) => isMoved)) return mounts
  const rank = ({ mount, isMoved }: (typeof all)[number]) => `${mount.destination}\0${isMoved ? 1 : 0}`
  return all.sort((a, b) => compareBytes(rank(a), rank(b))).map(({ mount }) => mount)
}

/** What is below another mount is not the image's. */
export function realTarget(path: string, targets: readonly string[], realPath: RealPath): string {
  const [outer] = targets
    .filter(target => target !== path && target !== '/' && isWithin(path, target))
    .sort((a, b) => b.length - a.length)
  if (outer !== undefined) return `${realTarget(outer, targets, realPath)}${path.slice(outer.length)}`
  const real = realPath(path)
  const isKernels = (place: string) => KERNEL.some(folder => isWithin(place, folder))
  return real === undefined || (isKernels(real) && !isKernels(path)) ? path : real
}
