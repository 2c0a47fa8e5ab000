/** Where the files of services go: the folders that systemd reads, below a root that is usually the machine's own. */
import { lstatSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CtrbuildError, isErrno } from '../errors.ts'
import type { Scope } from '../system/variables.ts'

/** A machine, or a folder that is to become one. */
export interface Target {
  /** Absolute without a slash at the end; empty for the machine itself. */
  readonly root: string
  readonly scope: Scope
  /** Of whoever installs. */
  readonly home: string
}

/** Paths on the target, without its root. */
export interface TargetPlaces {
  readonly units: string
  /** Where a file of a bundle's lines for tmpfiles.d goes. */
  tmpfiles(name: string): string
  /** Folder of ctrbuild's own record. */
  readonly state: string
}

/** Where things are on a target. */
export function targetPlaces({ scope, home }: Target): TargetPlaces {
  return scope === 'system'
    ? {
        units: '/etc/systemd/system',
        // A name of ctrbuild's own: one like tmp.conf would hide a file of the system's.
        tmpfiles: name => `/etc/tmpfiles.d/ctrbuild-${name}.conf`,
        state: '/var/lib/ctrbuild/installed',
      }
    : {
        units: join(home, '.config/systemd/user'),
        tmpfiles: name => join(home, `.config/user-tmpfiles.d/ctrbuild-${name}.conf`),
        state: join(home, '.local/share/ctrbuild/installed'),
      }
}

/** A bundle's folder as the target will know it: without its root, where that is around it. */
export function pathOnTarget({ root }: Target, path: string): string {
  return root !== '' && path.startsWith(`${root}/`) ? path.slice(root.length) : path
}

/**
 * The absolute path of something on a target.
 * @throws CtrbuildError INSTALL_PATH where a symlink leads out of the target's root
 */
export function onTarget({ root }: Target, path: string): string {
  const full = `${root}${path}`
  if (root === '' || path === '/') return full
  const folder = closestFolder(dirname(full))
  const real = realpathSync(folder)
  const realRoot = realpathSync(root)
  if (real === realRoot || real.startsWith(`${realRoot}/`)) return full
  throw new CtrbuildError('INSTALL_PATH', `${full} is outside of ${root}: ${folder} leads to ${real}`, {
    hint: 'A link in the folder leads to this machine; make it a relative one',
  })
}

/** The path itself or the closest folder around it that is there. */
function closestFolder(path: string): string {
  try {
    lstatSync(path)
    return path
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
    return closestFolder(dirname(path))
  }
}
