/** Walks the steps of a plan: each when what it needs is done, side by side where nothing forbids it. */
import type { Step, StepId } from '../plan/types.ts'

/** How a step ended. */
export type Outcome =
  | { readonly step: Step; readonly status: 'done' }
  | { readonly step: Step; readonly status: 'failed'; readonly error: unknown }
  /** Not tried, since something it needs failed. */
  | { readonly step: Step; readonly status: 'skipped'; readonly because: StepId }

/** Does one step. Limits on how much is done at once are its own. */
export type Perform = (step: Step) => Promise<void>

/**
 * Runs every step and returns how each ended, in the plan's order. A failure skips what needs the failed step, directly
 * or not, and nothing else. An import does not wait for the whole fetch that it needs: `perform` waits for its blob, and
 * throws Unreachable where that will never come.
 */
export async function execute(steps: readonly Step[], perform: Perform): Promise<Outcome[]> {
  const running = new Map<StepId, Promise<Outcome>>()
  for (const step of steps) running.set(step.id, runStep(step, running, perform))
  return Promise.all(running.values())
}

/** Thrown by `perform` when a step cannot be tried because another one failed. */
export class Unreachable extends Error {
  readonly because: StepId

  constructor(because: StepId) {
    super(`needs ${because}`)
    this.because = because
  }
}

async function runStep(
  step: Step,
  running: ReadonlyMap<StepId, Promise<Outcome>>,
  perform: Perform,
): Promise<Outcome> {
  const needs = step.needs.map(id => running.get(id)!)
  const outcomes = step.kind === 'import' ? [] : await Promise.all(needs)
  const failed = outcomes.find(outcome => outcome.status !== 'done')
  if (failed !== undefined) return { step, status: 'skipped', because: rootCause(failed) }
  try {
    await perform(step)
    return { step, status: 'done' }
  } catch (error) {
    return error instanceof Unreachable
      ? { step, status: 'skipped', because: error.because }
      : { step, status: 'failed', error }
  }
}

function rootCause(outcome: Outcome): StepId {
  return outcome.status === 'skipped' ? outcome.because : outcome.step.id
}
