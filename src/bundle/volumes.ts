/**
 * The volumes of an image (OCI image specification, config.md, "Volumes"; conversion.md, "Optional Fields").
 *
 * "Implementations SHOULD provide mounts for these locations such that application data is not written to the
 * container's root filesystem." A bundle that mounts something there, or around it, has provided. Otherwise the place
 * becomes an empty tmpfs of the process's user, as `podman run --image-volume=tmpfs` does, and a warning says that it
 * does not last. What the image has in that place is hidden, since no runtime but runc and crun could copy it.
 */
import type { ImageConfig } from '../oci/image.ts'
import { bytesOf } from '../tree/node.ts'
import { quoted } from '../tree/path.ts'
import { isWithin, tryContainerPath } from './container-path.ts'
import { tmpfs } from './system-mounts.ts'
import type { RuntimeMount } from './types.ts'
import type { BundleWarning } from './warning.ts'

const SYSTEM = ['/proc', '/sys', '/dev']

/** Mounts for the image's volumes that `mounts`, the bundle's own ones, leave uncovered; `uid` and `gid` own them. */
export function volumeMounts(
  image: ImageConfig,
  mounts: readonly RuntimeMount[],
  { uid, gid }: { readonly uid: number; readonly gid: number },
): { readonly mounts: readonly RuntimeMount[]; readonly warnings: readonly BundleWarning[] } {
  const volumes = image.run.volumes.map(written => ({ written, path: tryContainerPath(written) }))
  const bad = volumes.filter(({ path }) => !isUsable(path)).map(({ written }) => ignored(written))
  const paths = [...new Set(volumes.flatMap(({ path }) => (isUsable(path) ? path : [])))]
  const open = paths.filter(path => !mounts.some(mount => isWithin(path, mount.destination)))
  const owner = uid === 0 && gid === 0 ? [] : [`uid=${uid}`, `gid=${gid}`]
  return {
    mounts: open.map(path => tmpfs(path, ['nosuid', 'nodev', 'mode=755', ...owner])),
    warnings: [...bad, ...open.map(inMemory)],
  }
}

function isUsable(path: string | undefined): path is string {
  return path !== undefined && path !== '/' && !SYSTEM.some(system => isWithin(path, system))
}

function ignored(volume: string): BundleWarning {
  const message = `the image's volume ${quoted(bytesOf(volume))} is left out: nothing may be mounted there`
  return { code: 'VOLUME_IGNORED', message }
}

function inMemory(path: string): BundleWarning {
  return {
    code: 'VOLUME_IN_MEMORY',
    message: `the image's volume ${quoted(bytesOf(path))} is kept in memory and empty at every start`,
    hint: 'To keep its data, mount something there, such as { type: volume, source: data, target: PATH }',
  }
}
