/** `ctrbuild rollback`: makes an earlier generation of a bundle the current one. */
import { pointTo } from '../apply/generations.ts'
import { generationToRollBackTo } from '../apply/history.ts'
import { EXIT_STATUS } from '../errors.ts'
import { shortDigest } from '../plan/reasons.ts'
import { fsyncFolder } from '../sys/atomic.ts'
import type { CommandOptions, Surroundings } from './context.ts'
import { historyOf } from './history.ts'
import { readPlaces } from './read-places.ts'
import { withStoreLock } from './store-lock.ts'

export interface RollbackOptions extends CommandOptions {
  readonly name: string
  /** Undefined: the one before the current one. */
  readonly generation: number | undefined
  /** Milliseconds to wait for another ctrbuild that holds the store. */
  readonly lockTimeout: number
}

/**
 * Switches by one rename. What runs goes on with what it was started from, and bundles.yaml stays as it is: the next
 * plan says what it wants otherwise.
 * @throws CtrbuildError USAGE, GENERATION_MISSING, STORE_BUSY
 */
export async function rollback(options: RollbackOptions, surroundings: Surroundings): Promise<number> {
  const places = readPlaces(options, surroundings)
  if (places === undefined) return EXIT_STATUS.SPEC_INVALID
  historyOf(places, options.name)
  const locking = { verb: 'rollback', lockTimeout: options.lockTimeout }
  return withStoreLock(places, locking, surroundings, async () => {
    const history = historyOf(places, options.name)
    const target = generationToRollBackTo(options.name, history, options.generation)
    const current = history.find(({ isCurrent }) => isCurrent)
    if (target.isCurrent) {
      surroundings.stdout.write(`${options.name} stands at generation ${target.number} already\n`)
      return 0
    }
    pointTo(places.out, options.name, target.number)
    fsyncFolder(places.out)
    const from = current === undefined ? 'nothing' : `generation ${current.number}`
    surroundings.stdout.write(
      `${options.name}: ${from} -> generation ${target.number} (${shortDigest(target.stamp!.digest)})\n` +
        'bundles.yaml is as it was: the next plan shows what it wants otherwise\n',
    )
    return 0
  })
}
