/** `ctrbuild apply`: makes what bundles.yaml asks for, or what a saved plan says. */
import { statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { EXIT_STATUS } from '../errors.ts'
import { renderPlan } from '../plan/render.ts'
import { type Trace, traceCommand, UNTRACED } from '../report/trace.ts'
import { diskError } from '../sys/failure.ts'
import { type ApplyOptions, painter, type Surroundings } from './context.ts'
import { type Prepared, prepareApply } from './prepare-apply.ts'

/** Ends with 0 when every step was done; with a failure's own status where all failures have the same. */
export async function apply(options: ApplyOptions, surroundings: Surroundings): Promise<number> {
  if (options.summary !== undefined) (await import('./step-summary.ts')).openSummary(options, surroundings)
  if (options.trace === undefined) return applyTraced(options, surroundings, UNTRACED)
  const trace = traceCommand('ctrbuild apply')
  try {
    return await applyTraced(options, surroundings, trace)
  } finally {
    writeTrace(resolve(surroundings.cwd, options.trace), trace.text())
  }
}

/** An apply that fails leaves its trace too: that is when one wants to see it. */
function writeTrace(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw diskError(error, `cannot write the trace ${path}`)
  }
}

async function applyTraced(options: ApplyOptions, surroundings: Surroundings, trace: Trace): Promise<number> {
  const prepared = await trace.span('read and resolve', () => prepareApply(options, surroundings))
  if (prepared === undefined) return EXIT_STATUS.SPEC_INVALID
  const status = await applyPrepared(prepared, options, surroundings, trace)
  if (status !== 0 || !options.install) return status
  const { install } = await import('./install.ts')
  return install(
    { ...options, names: options.targets, root: undefined, dryRun: false, json: false },
    surroundings,
  )
}

async function applyPrepared(
  prepared: Prepared,
  options: ApplyOptions,
  surroundings: Surroundings,
  trace: Trace,
): Promise<number> {
  const upToDate = isQuiet(prepared) ? await trace.span('plan', () => planOfNothing(prepared)) : undefined
  if (upToDate !== undefined) {
    surroundings.stdout.write(renderPlan(upToDate, painter(options, surroundings.stdout)))
    if (options.summary !== undefined)
      (await import('./step-summary.ts')).appendSummary(options, surroundings, upToDate, undefined)
    return 0
  }
  // Most applies change nothing: they need neither the lock nor what the rest loads.
  const { performApply } = await trace.span('load', () => import('./perform-apply.ts'))
  return performApply(prepared, options, surroundings, trace)
}

/** True where nobody works in the store, and nobody was killed there: whoever locks it signs until the lock is given up. */
function isQuiet({ places, lockText }: Prepared): boolean {
  return lockText === undefined && (statSync(places.busy, { throwIfNoEntry: false })?.size ?? 0) === 0
}

function planOfNothing({ makePlan }: Prepared) {
  const plan = makePlan()
  return plan.steps.length === 0 && plan.blockers.length === 0 ? plan : undefined
}
