/** Ids that a user may map, from the texts of /etc/subuid and /etc/subgid (subuid(5)). */
import { MAX_ID } from '../spec/user.ts'
import type { IdStretch } from './types.ts'

/**
 * The stretches of one user, in the file's order; lines name users by name or by number.
 * @param names what the user is called, besides by number
 */
export function stretchesOf(text: string, uid: number, names: readonly string[]): IdStretch[] {
  const owners = new Set([String(uid), ...names])
  return text.split('\n').flatMap(line => {
    const [owner = '', start = '', size = ''] = line.trim().split(':')
    if (!owners.has(owner) || !/^\d{1,10}$/.test(start) || !/^\d{1,10}$/.test(size)) return []
    const stretch = { start: Number(start), size: Number(size) }
    return stretch.size > 0 && stretch.start + stretch.size - 1 <= MAX_ID ? [stretch] : []
  })
}

/** The names of a user in a passwd(5) text. */
export function namesOf(passwd: string, uid: number): string[] {
  const fields = passwd.split('\n').map(line => line.split(':'))
  return fields.flatMap(([name, , number]) => (name && number === String(uid) ? [name] : []))
}
