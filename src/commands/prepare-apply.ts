/** What an apply starts from: bundles.yaml and its lock, or a saved plan. */
import { resolve } from 'node:path'
import { observe } from '../apply/observe.ts'
import { type Places, placesOf } from '../apply/places.ts'
import { imageKey, lockEntry } from '../lock/images.ts'
import { formatLock } from '../lock/text.ts'
import { desire, desiredOf } from '../plan/desire.ts'
import { plan as makePlan } from '../plan/plan.ts'
import type { Plan } from '../plan/types.ts'
import { tellerOf } from '../report/tell.ts'
import type { ApplyOptions, Surroundings } from './context.ts'
import { privilegeOf, readLockFile, readSpecFile, settleLock } from './inputs.ts'
import { openSource } from './open-source.ts'

/** What is to be, before anyone has looked at what is. */
export interface Prepared {
  readonly places: Places
  /** Text of the lock to write; undefined where the file is right already. */
  readonly lockText: string | undefined
  /** Looks at what is, and says what to do; refuses where a saved plan was made from something else. */
  makePlan(): Plan
}

/**
 * Reads what is asked for.
 * @returns undefined where bundles.yaml has mistakes, which were shown
 * @throws CtrbuildError as readSpecFile, settleLock and readPlanFile; PLAN_STALE
 */
export function prepareApply(
  options: ApplyOptions,
  surroundings: Surroundings,
): Promise<Prepared | undefined> {
  return (options.planFile === undefined ? fromSpec : fromPlan)(options, surroundings)
}

async function fromSpec(options: ApplyOptions, surroundings: Surroundings): Promise<Prepared | undefined> {
  const file = readSpecFile(options, surroundings)
  if (file === undefined) return undefined
  const { spec, places } = file
  const source = openSource(places, options.offline, tellerOf(options, surroundings))
  const { lock, lockSource } = await settleLock(file, source, options, surroundings)
  const desired = desire(spec, lock, privilegeOf(surroundings).kind)
  const { targets, prune } = options
  const make = () => makePlan(desired, observe(places, desired), { targets, prune, lockSource })
  return { places, lockText: lockSource === 'memory' ? formatLock(lock) : undefined, makePlan: make }
}

async function fromPlan({ planFile, file }: ApplyOptions, surroundings: Surroundings): Promise<Prepared> {
  const [{ readPlanFile }, { stalePlan, whatMoved }] = await Promise.all([
    import('./plan-file.ts'),
    import('../plan/stale.ts'),
  ])
  const saved = readPlanFile(planFile!, surroundings)
  const { targets, prune, lockSource } = saved
  const { kind } = privilegeOf(surroundings)
  if (saved.privilege !== kind)
    throw stalePlan(planFile!, `it was made for ${WHO[saved.privilege]}, and you are ${WHO[kind]}`)
  const places = placesOf(resolve(surroundings.cwd, file), saved)
  const desired = desiredOf(saved)
  const make = () => {
    const now = makePlan(desired, observe(places, desired), { targets, prune, lockSource })
    // Blobs may have come and gone since: what has to be fetched for the same changes is not the plan's business.
    if (now.observedDigest === saved.observedDigest) return now
    throw stalePlan(planFile!, whatMoved(saved, now))
  }
  return { places, lockText: lockTextOf(saved, places), makePlan: make }
}

const WHO = { root: 'root', rootless: 'a plain user' } as const

/** What tags meant when the plan was made, where bundles.lock.json does not say. */
function lockTextOf({ lockSource, imagesDigest, images }: Plan, places: Places): string | undefined {
  const lock = lockSource === 'memory' ? readLockFile(places) : undefined
  const isKnown = lockSource === 'file' || images.every(({ spec }) => lockEntry(lock, spec) !== undefined)
  if (isKnown) return undefined
  const entries = new Map(images.map(({ locked }) => [imageKey(locked.reference, locked.platform), locked]))
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
  return formatLock({ imagesDigest, images: sorted.map(([, locked]) => locked) })
}
