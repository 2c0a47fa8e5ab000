/** What an apply starts from: bundles.yaml and its lock, or a saved plan. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { observe } from '../apply/observe.ts'
import { type Places, placesOf } from '../apply/places.ts'
import { CtrbuildError } from '../errors.ts'
import { formatLock } from '../lock/text.ts'
import { desire, desiredOf } from '../plan/desire.ts'
import { plan as makePlan } from '../plan/plan.ts'
import type { Plan } from '../plan/types.ts'
import type { ApplyOptions, Surroundings } from './context.ts'
import { openSource, privilegeOf, readSpecFile, settleLock } from './inputs.ts'

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
 * @throws CtrbuildError as readSpecFile, settleLock and parsePlan; PLAN_STALE
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
  const { lock, lockSource } = await settleLock(
    file,
    openSource(places, options.offline),
    options,
    surroundings,
  )
  const desired = desire(spec, lock, privilegeOf(surroundings).kind)
  const { targets, prune } = options
  const make = () => makePlan(desired, observe(places, desired), { targets, prune, lockSource })
  return { places, lockText: lockSource === 'memory' ? formatLock(lock) : undefined, makePlan: make }
}

async function fromPlan({ planFile, file }: ApplyOptions, { cwd, uid }: Surroundings): Promise<Prepared> {
  const { parsePlan } = await import('../plan/file.ts')
  const saved = parsePlan(readFileSync(resolve(cwd, planFile!), 'utf8'))
  const { targets, prune, lockSource } = saved
  if ((saved.privilege === 'root') !== (uid === 0)) {
    throw new CtrbuildError(
      'PLAN_STALE',
      `the plan was made for ${saved.privilege}, and is applied by another user`,
      {
        hint: STALE_HINT,
      },
    )
  }
  const places = placesOf(resolve(cwd, file), saved)
  const desired = desiredOf(saved)
  const make = () => {
    const now = makePlan(desired, observe(places, desired), { targets, prune, lockSource })
    // Blobs may have come and gone since: what has to be fetched for the same changes is not the plan's business.
    if (now.observedDigest === saved.observedDigest) return now
    throw new CtrbuildError(
      'PLAN_STALE',
      `what ${planFile} was made from is not there any more: ${moved(saved, now)}`,
      {
        hint: STALE_HINT,
      },
    )
  }
  return { places, lockText: undefined, makePlan: make }
}

const STALE_HINT = 'Make a new plan, look at it, and apply that one'

/** What apply would do now that the saved plan did not say, or the other way round. */
function moved(saved: Plan, now: Plan): string {
  const before = new Set(saved.steps.map(step => step.id))
  const after = new Set(now.steps.map(step => step.id))
  const gone = saved.steps
    .filter(step => !after.has(step.id))
    .map(step => `"${step.id}" is not needed any more`)
  const fresh = now.steps.filter(step => !before.has(step.id)).map(step => `"${step.id}" is needed now`)
  const all = [...gone, ...fresh]
  if (all.length === 0) return 'bundles were changed'
  return all.length === 1 ? all[0]! : `${all[0]}, and ${all.length - 1} more`
}
