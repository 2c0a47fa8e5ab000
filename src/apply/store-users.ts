/**
 * Who uses a store: several bundles.yaml may share one, and what one of them has made is no garbage to the others.
 *
 * Each apply leaves two links in the store's `users/`, to its output folder and to its lock, so that collecting finds
 * them. They are relative: store and project can be moved together. A link that leads nowhere means nobody.
 */
import { mkdirSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { isErrno } from '../errors.ts'
import { digestOf, hexOf } from '../oci/digest.ts'
import type { Places } from './places.ts'

/** A project that uses a store. Absolute paths; one of them may not be there. */
export type StoreUser = Pick<Places, 'out' | 'lockFile'>

/** Leaves word that a project uses the store. Call it with the store's lock held. */
export function signUse(places: Places): void {
  const folder = usersFolder(places)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const name = hexOf(digestOf(`${relative(folder, places.lockFile)}\n${relative(folder, places.out)}`)).slice(
    0,
    16,
  )
  put(join(folder, `${name}.out`), places.out)
  put(join(folder, `${name}.lock`), places.lockFile)
}

/** Everyone who uses the store, the project itself first. */
export function storeUsers(places: Places): StoreUser[] {
  const folder = usersFolder(places)
  const names = namesIn(folder).filter(name => name.endsWith('.out'))
  const others = names.flatMap(name => {
    const out = targetOf(join(folder, name))
    const lockFile = targetOf(join(folder, name.replace(/out$/, 'lock')))
    if (out === undefined || lockFile === undefined) return []
    return (isThere(out) || isThere(lockFile)) && out !== places.out ? [{ out, lockFile }] : []
  })
  return [places, ...others]
}

function usersFolder({ store }: Pick<Places, 'store'>): string {
  return join(store, 'users')
}

function put(link: string, target: string): void {
  if (targetOf(link) === target) return
  rmSync(link, { force: true })
  symlinkSync(relative(dirname(link), target), link)
}

/** Absolute path that a link leads to; undefined where there is no link. */
function targetOf(link: string): string | undefined {
  try {
    return resolve(dirname(link), readlinkSync(link))
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EINVAL')) return undefined
    throw error
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}
