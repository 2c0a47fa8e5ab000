/** What a rootfs has to have before it is run: a runtime makes what is missing in it, also in one that is read-only. */
import { isWithin } from './container-path.ts'
import { mountSetting } from './mounts.ts'
import type { MountPoint, RuntimeConfig, RuntimeMount } from './types.ts'

/** Where every container has a mount, and bubblewrap makes device nodes. */
const ALWAYS = ['/dev', '/proc', '/sys']

/**
 * The places of the rootfs that something is mounted on, and the working directory. A place below another mount is
 * not in the rootfs: the runtime makes it there, where it goes when the container does or is the user's own.
 * @param kinds what stands at the source of the bind mounts, by target; what is not named is a directory
 */
export function mountPoints(
  config: RuntimeConfig,
  kinds: ReadonlyMap<string, MountPoint['kind']>,
): MountPoint[] {
  const targets = config.mounts.map(mount => mount.destination)
  const wanted = [...new Set([...ALWAYS, ...targets, config.process.cwd])].sort()
  const inRoot = wanted.filter(
    path => path !== '/' && !targets.some(target => target !== path && isWithin(path, target)),
  )
  const modes = new Map(config.mounts.map(mount => [mount.destination, modeOf(mount)]))
  return inRoot.map(path => {
    const mode = modes.get(path)
    return { path, kind: kinds.get(path) ?? 'dir', ...(mode === undefined ? {} : { mode }) }
  })
}

function modeOf(mount: RuntimeMount): number | undefined {
  const mode = mount.type === 'tmpfs' ? mountSetting(mount, 'mode') : undefined
  return mode === undefined ? undefined : Number.parseInt(mode, 8)
}
