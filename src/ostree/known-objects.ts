/** Which objects need not be written again. */
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno } from '../errors.ts'
import { objectPath } from './checksum.ts'
import type { Checksum, ObjectType, Repo } from './types.ts'

/** What one thread knows of a repository's objects and has added to them. */
export interface KnownObjects {
  readonly repo: Repo
  /** The folders of `objects/` when it was first asked for: in a new repository there is none. */
  folders: Set<string> | undefined
  /** File names below `objects/<prefix>`, read when first asked for. */
  readonly names: Map<string, Set<string>>
  /** Objects that were added, or found there in full length. */
  readonly sound: Readonly<Record<ObjectType, Set<Checksum>>>
}

/** Nothing is known yet. */
export function knownObjects(repo: Repo): KnownObjects {
  const sound = {
    commit: new Set<Checksum>(),
    dirtree: new Set<Checksum>(),
    dirmeta: new Set<Checksum>(),
    file: new Set<Checksum>(),
    filez: new Set<Checksum>(),
  }
  return { repo, folders: undefined, names: new Map(), sound }
}

/** Takes note of an object that this thread has staged. */
export function learn({ sound }: KnownObjects, checksum: Checksum, type: ObjectType): void {
  sound[type].add(checksum)
}

/**
 * True where the repository has the object already, or this thread staged it. One of another length is as good as none:
 * it was cut short by a crash or written to through a hard link, and is replaced. (What was changed otherwise is left to
 * a check of the whole store: reading everything again would cost more than importing it.)
 * @param length bytes that the object has on disk, where that tells anything
 */
export function isKnown(
  known: KnownObjects,
  checksum: Checksum,
  type: ObjectType,
  length: number | undefined,
): boolean {
  const sound = known.sound[type]
  if (sound.has(checksum)) return true
  const names = namesOf(known, checksum.slice(0, 2))
  if (names.size === 0) return false
  const path = objectPath(checksum, type)
  if (!names.has(path.slice(3))) return false
  const found = lstatSync(join(known.repo.path, 'objects', path), { throwIfNoEntry: false })
  if (found === undefined || (length !== undefined && found.size !== length)) return false
  sound.add(checksum)
  return true
}

function namesOf(known: KnownObjects, prefix: string): Set<string> {
  let found = known.names.get(prefix)
  if (found === undefined) {
    const objects = join(known.repo.path, 'objects')
    known.folders ??= new Set(namesIn(objects))
    found = new Set(known.folders.has(prefix) ? namesIn(join(objects, prefix)) : [])
    known.names.set(prefix, found)
  }
  return found
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
}
