/** What /etc/subuid and /etc/subgid give to whoever applies. */
import { readFileSync } from 'node:fs'
import { namesOf, stretchesOf } from '../bundle/subids.ts'
import type { Privilege } from '../bundle/types.ts'
import { isErrno } from '../errors.ts'
import type { BundleSpec } from '../spec/types.ts'

/** Who applies, with the ids that are theirs to give, where a bundle asks for them. */
export function withSubids(privilege: Privilege, { uidMappings, gidMappings }: BundleSpec): Privilege {
  if (privilege.kind === 'root' || (uidMappings !== 'auto' && gidMappings !== 'auto')) return privilege
  const names = namesOf(textOf('/etc/passwd'), privilege.uid)
  const of = (file: string) => stretchesOf(textOf(file), privilege.uid, names)
  return { ...privilege, subids: { uids: of('/etc/subuid'), gids: of('/etc/subgid') } }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return ''
    throw error
  }
}
