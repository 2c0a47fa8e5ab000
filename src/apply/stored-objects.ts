/** The store's files as they lie on the disk: each is looked at once, however many bundles are linked from it. */
import { lstatSync } from 'node:fs'
import { diskMode } from '../ostree/object-meta.ts'
import type { Repo } from '../ostree/types.ts'
import type { File } from '../tree/node.ts'

/** What is known of an object without reading it. */
export interface ObjectFacts {
  /** Undefined where it is not there. */
  readonly ino: number | undefined
  readonly dev: number | undefined
  /** False where size, time, mode or owner are not those that it was written with. */
  readonly isSound: boolean
}

/** Looks at objects, and remembers. */
export interface StoredObjects {
  factsOf(file: File): ObjectFacts
}

const MISSING: ObjectFacts = { ino: undefined, dev: undefined, isSound: false }

/** The objects of a store that bundles are linked from. */
export function storedObjects(repo: Repo): StoredObjects {
  const known = new Map<string, ObjectFacts>()
  const owner = lstatSync(repo.path).uid
  return {
    factsOf(file) {
      let facts = known.get(file.checksum)
      if (facts === undefined) {
        facts = lookAt(repo, owner, file)
        known.set(file.checksum, facts)
      }
      return facts
    },
  }
}

function lookAt({ path, mode }: Repo, owner: number, { checksum, size, meta }: File): ObjectFacts {
  const object = `${path}/objects/${checksum.slice(0, 2)}/${checksum.slice(2)}.file`
  const stats = lstatSync(object, { throwIfNoEntry: false })
  if (stats === undefined) return MISSING
  const isOwned =
    mode === 'bare' ? stats.uid === meta.uid && isGroup(stats.gid, meta.gid) : stats.uid === owner
  const wanted = diskMode(mode, meta)
  const isSame =
    stats.isFile() && stats.size === size && stats.mtimeMs === 0 && (stats.mode & 0o7777) === wanted
  return { ino: stats.ino, dev: stats.dev, isSound: isSame && isOwned }
}

/** A group of 0 is never set, so that where folders hand theirs on it may be another one. */
function isGroup(found: number, wanted: number): boolean {
  return found === wanted || wanted === 0
}
