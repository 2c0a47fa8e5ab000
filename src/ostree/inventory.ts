/** Which objects a repository has, by name: 256 folders are read, and nothing in them. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno } from '../errors.ts'
import type { Brand } from '../oci/digest.ts'
import type { Checksum, ObjectType, Repo } from './types.ts'

/** Names an object within a repository: `CHECKSUM.TYPE`. */
export type ObjectName = Brand<string, 'ObjectName'>

const OBJECT = /^[0-9a-f]{62}\.(?:commit|dirtree|dirmeta|file|filez)$/

/** The name of an object. */
export function objectName(checksum: Checksum, type: ObjectType): ObjectName {
  return `${checksum}.${type}` as ObjectName
}

/** What a name says. */
export function namedObject(name: ObjectName): { readonly checksum: Checksum; readonly type: ObjectType } {
  return { checksum: name.slice(0, 64) as Checksum, type: name.slice(65) as ObjectType }
}

/** Path of an object in its repository. */
export function pathOfObject(repo: Repo, name: ObjectName): string {
  return join(repo.path, 'objects', name.slice(0, 2), name.slice(2))
}

/** The objects that a repository has. Other files beside them, such as detached metadata, are passed over. */
export function objectsOf(repo: Repo): Set<ObjectName> {
  const names = new Set<ObjectName>()
  const objects = join(repo.path, 'objects')
  for (const prefix of namesIn(objects)) {
    if (!/^[0-9a-f]{2}$/.test(prefix)) continue
    for (const name of namesIn(join(objects, prefix)))
      if (OBJECT.test(name)) names.add((prefix + name) as ObjectName)
  }
  return names
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}
