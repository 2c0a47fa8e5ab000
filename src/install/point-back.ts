/** The generation that was installed becomes its bundle's current one again, when the one after it does not come up. */
import { dirname } from 'node:path'
import { pointTo } from '../apply/generations.ts'
import { readHistory } from '../apply/history.ts'
import { fsyncFolder } from '../sys/atomic.ts'
import type { InstallRecord } from './record.ts'

/**
 * Switches a bundle of this machine to the generation of a record, as `ctrbuild rollback` does. The caller holds the
 * store's lock.
 * @returns false where no whole generation has the record's digest
 */
export function pointBack({ name, bundle, digest }: InstallRecord): boolean {
  const out = dirname(bundle)
  const same = readHistory(out, name).filter(one => one.stamp?.digest === digest && one.damage === undefined)
  const generation = same.find(({ isCurrent }) => isCurrent) ?? same.at(-1)
  if (generation === undefined) return false
  if (!generation.isCurrent) {
    pointTo(out, name, generation.number)
    fsyncFolder(out)
  }
  return true
}
