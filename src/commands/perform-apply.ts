/** The part of apply that changes something: under the store's lock, looked at anew, then performed. */
import { applyPlan } from '../apply/apply.ts'
import type { Outcome } from '../apply/execute.ts'
import { removeLeftovers } from '../apply/leftovers.ts'
import type { Places } from '../apply/places.ts'
import { signUse } from '../apply/store-users.ts'
import { CtrbuildError, EXIT_STATUS } from '../errors.ts'
import { TAR_LIMITS } from '../oci/tar/limits.ts'
import { initRepo } from '../ostree/repo.ts'
import { renderPlan } from '../plan/render.ts'
import type { Plan } from '../plan/types.ts'
import { openReporter } from '../report/reporter.ts'
import { type ApplySummary, renderSummary, summaryEvent } from '../report/summary.ts'
import { type Trace, UNTRACED } from '../report/trace.ts'
import { type ApplyOptions, type CommandOptions, painter, type Surroundings } from './context.ts'
import { privilegeOf, userPlacesOf, writeLockFile } from './inputs.ts'
import { openSource } from './open-source.ts'

import type { Prepared } from './prepare-apply.ts'
import { appendSummary } from './step-summary.ts'
import { lockRepo, withStoreLock } from './store-lock.ts'

/**
 * Waits for the store's lock, and does what there is to do then.
 * @throws CtrbuildError STORE_BUSY, OUT_FOREIGN, PERMISSION, DISK; as makePlan and applyPlan
 */
export async function performApply(
  prepared: Prepared,
  options: ApplyOptions,
  surroundings: Surroundings,
  trace: Trace = UNTRACED,
): Promise<number> {
  const locking = { verb: 'apply', lockTimeout: options.lockTimeout }
  return withStoreLock(prepared.places, locking, surroundings, () =>
    perform(prepared, options, surroundings, trace),
  )
}

async function perform(
  prepared: Prepared,
  options: ApplyOptions,
  surroundings: Surroundings,
  trace: Trace,
): Promise<number> {
  const { places } = prepared
  const { stdout } = surroundings
  const plan = await trace.span('plan', async () => {
    await removeLeftovers(places)
    return prepared.makePlan()
  })
  stdout.write(renderPlan(plan, painter(options, stdout)))
  const [blocker] = plan.blockers
  const isIdle = plan.steps.length === 0
  if (blocker !== undefined || isIdle) appendSummary(options, surroundings, plan, undefined)
  if (blocker !== undefined) throw new CtrbuildError(blocker.code, blocker.message, { hint: blocker.hint })
  if (prepared.lockText !== undefined) writeLockFile(places, prepared.lockText)
  if (isIdle) return 0

  const summary = await performPlan(plan, places, options, surroundings, trace)
  stdout.write(renderSummary(summary))
  appendSummary(options, surroundings, plan, summary)
  return statusOf(summary.outcomes)
}

/** How a plan is performed. */
export interface PerformOptions extends CommandOptions {
  readonly offline: boolean
  readonly jobs: number | undefined
  /** Milliseconds to wait for another program that works in the repository. */
  readonly lockTimeout: number
  readonly keep: number | undefined
}

/**
 * Performs a plan's steps while the caller holds the store's lock, and tells what is done.
 * @throws CtrbuildError as applyPlan
 */
export async function performPlan(
  plan: Plan,
  places: Places,
  options: PerformOptions,
  surroundings: Surroundings,
  trace: Trace = UNTRACED,
): Promise<ApplySummary> {
  const { signal, now, cpus } = surroundings
  const repo = initRepo(places.repo, plan.privilege === 'root' ? 'bare' : 'bare-user')
  signUse(places)
  const shared = await lockRepo(places, { exclusive: false, lockTimeout: options.lockTimeout }, surroundings)
  const reporter = openReporter(options, surroundings)
  try {
    const inputs = {
      plan,
      places,
      privilege: privilegeOf(surroundings),
      source: openSource(places, options.offline, event => reporter.event(event)),
      limits: { ...TAR_LIMITS, ...plan.limits },
      keep: options.keep ?? plan.keep,
      userPlaces: userPlacesOf(surroundings),
      reporter,
      trace,
      signal,
      now,
    }
    const began = now()
    // An import keeps two threads busy.
    const imports = options.jobs ?? Math.max(1, cpus >> 1)
    const parallelism = { network: options.jobs ?? cpus + 2, imports, links: options.jobs ?? cpus }
    const applied = await applyPlan(inputs, repo, parallelism)
    const summary = { ...applied, seconds: (now() - began) / 1000 }
    reporter.event(summaryEvent(summary))
    return summary
  } finally {
    reporter.close()
    shared.release()
  }
}

/** What the process ends with: a failure's own status where all failures have the same. */
export function statusOf(outcomes: readonly Outcome[]): number {
  const failures = outcomes.filter(outcome => outcome.status === 'failed').map(outcome => outcome.error)
  if (failures.length === 0) return 0
  const statuses = new Set(failures.map(error => (error instanceof CtrbuildError ? error.exitStatus : 1)))
  return statuses.size === 1 ? [...statuses][0]! : EXIT_STATUS.FAILED
}
