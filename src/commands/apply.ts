/** `ctrbuild apply`: makes what bundles.yaml asks for, or what a saved plan says. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { applyPlan } from '../apply/apply.ts'
import type { Outcome } from '../apply/execute.ts'
import { removeLeftovers } from '../apply/leftovers.ts'
import { observe } from '../apply/observe.ts'
import { type Places, placesOf } from '../apply/places.ts'
import { CtrbuildError, EXIT_STATUS } from '../errors.ts'
import { formatLock } from '../lock/text.ts'
import { TAR_LIMITS } from '../oci/tar/limits.ts'
import { initRepo } from '../ostree/repo.ts'
import { desire, desiredOf } from '../plan/desire.ts'
import { parsePlan } from '../plan/file.ts'
import { plan as makePlan } from '../plan/plan.ts'
import { renderPlan } from '../plan/render.ts'
import type { Plan } from '../plan/types.ts'
import { openReporter } from '../report/reporter.ts'
import { renderSummary } from '../report/summary.ts'
import { diskError } from '../sys/failure.ts'
import { type Lock, lockFile } from '../sys/lock.ts'
import { type ApplyOptions, painter, type Surroundings } from './context.ts'
import { openSource, privilegeOf, readSpecFile, settleLock, writeLockFile } from './inputs.ts'

/** Ends with 0 when every step was done; with a failure's own status where all failures have the same. */
export async function apply(options: ApplyOptions, surroundings: Surroundings): Promise<number> {
  const prepared = await (options.planFile === undefined ? fromSpec : fromPlan)(options, surroundings)
  if (prepared === undefined) return EXIT_STATUS.SPEC_INVALID
  const busy = await lockStore(prepared.places, options, surroundings)
  try {
    return await perform(prepared, options, surroundings)
  } catch (error) {
    throw diskError(error, `cannot work in ${prepared.places.store}`)
  } finally {
    busy.release()
  }
}

/** What is to be, before anyone has looked at what is. */
interface Prepared {
  readonly places: Places
  /** Text of the lock to write; undefined where the file is right already. */
  readonly lockText: string | undefined
  /** Looks at what is, and says what to do; refuses where a saved plan was made from something else. */
  makePlan(): Plan
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
  const make = () => makePlan(desired, observe(places, desired), { targets: options.targets, lockSource })
  return { places, lockText: lockSource === 'memory' ? formatLock(lock) : undefined, makePlan: make }
}

async function fromPlan({ planFile, file }: ApplyOptions, { cwd, uid }: Surroundings): Promise<Prepared> {
  const saved = parsePlan(readFileSync(resolve(cwd, planFile!), 'utf8'))
  const { targets, lockSource } = saved
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
    const now = makePlan(desired, observe(places, desired), { targets, lockSource })
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

async function lockStore(
  places: Places,
  { lockTimeout }: ApplyOptions,
  { stderr, signal }: Surroundings,
): Promise<Lock> {
  const onWait = (holder?: string) =>
    stderr.write(`Waiting for ${holder ?? 'another ctrbuild'}, which holds ${places.store}\n`)
  const holder = `ctrbuild apply, process ${process.pid}`
  try {
    mkdirSync(places.store, { recursive: true, mode: 0o700 })
    return await lockFile(places.busy, { exclusive: true, timeout: lockTimeout, holder, onWait }, signal)
  } catch (error) {
    throw diskError(error, `cannot lock ${places.store}`)
  }
}

async function perform(
  prepared: Prepared,
  options: ApplyOptions,
  surroundings: Surroundings,
): Promise<number> {
  const { places } = prepared
  const { stdout, signal, now, cpus } = surroundings
  await removeLeftovers(places)
  const plan = prepared.makePlan()
  stdout.write(renderPlan(plan, painter(options, stdout)))
  const [blocker] = plan.blockers
  if (blocker !== undefined) throw new CtrbuildError(blocker.code, blocker.message, { hint: blocker.hint })
  if (prepared.lockText !== undefined) writeLockFile(places, prepared.lockText)
  if (plan.steps.length === 0) return 0

  const began = now()
  const repo = initRepo(places.repo, plan.privilege === 'root' ? 'bare' : 'bare-user')
  const shared = await lockFile(
    join(repo.path, '.lock'),
    { exclusive: false, timeout: options.lockTimeout, holder: '' },
    signal,
  )
  const reporter = openReporter(options, surroundings)
  try {
    const { outcomes, space } = await applyPlan(
      {
        plan,
        places,
        privilege: privilegeOf(surroundings),
        source: openSource(places, options.offline),
        limits,
        reporter,
        signal,
        now,
      },
      repo,
      { network: options.jobs ?? cpus + 2, imports: options.jobs ?? cpus },
    )
    reporter.close()
    stdout.write(renderSummary({ outcomes, space, seconds: (now() - began) / 1000 }))
    return statusOf(outcomes)
  } finally {
    reporter.close()
    shared.release()
  }
}

const limits = { ...TAR_LIMITS, ratio: 1000 }

function statusOf(outcomes: readonly Outcome[]): number {
  const failures = outcomes.filter(outcome => outcome.status === 'failed').map(outcome => outcome.error)
  if (failures.length === 0) return 0
  const statuses = new Set(failures.map(error => (error instanceof CtrbuildError ? error.exitStatus : 1)))
  return statuses.size === 1 ? [...statuses][0]! : EXIT_STATUS.FAILED
}
