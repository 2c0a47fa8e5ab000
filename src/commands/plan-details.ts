/** What a plan changes inside each bundle: `plan --details`. */
import type { Places } from '../apply/places.ts'
import { CtrbuildError } from '../errors.ts'
import type { Change, Desired, Plan } from '../plan/types.ts'
import { compareStates, openBench } from './compare-bundles.ts'
import type { LockingOptions, Surroundings } from './context.ts'

/** Files of one bundle that a plan lists; all are counted. */
const MOST_ENTRIES = 1000

/**
 * The plan with details of each bundle that changes. They are for whoever reads the plan: applying it does not look at
 * them. Of a bundle that cannot be compared a note says why.
 */
export async function withDetails(
  plan: Plan,
  { places, desired }: { readonly places: Places; readonly desired: Desired },
  { offline }: Pick<LockingOptions, 'offline'>,
  surroundings: Surroundings,
): Promise<Plan> {
  const bench = openBench(places, desired, offline, surroundings)
  const details: NonNullable<Plan['details']>[number][] = []
  const notes: string[] = []
  for (const change of plan.changes) {
    if (change.action === 'none') continue
    try {
      details.push(
        await compareStates(bench, change.name, { ...statesOf(change), mostEntries: MOST_ENTRIES }),
      )
    } catch (error) {
      if (!(error instanceof CtrbuildError)) throw error
      notes.push(`what changes inside ${change.name} is not known: ${error.message}`)
    }
  }
  return { ...plan, notes: [...plan.notes, ...notes], details }
}

function statesOf({ action, before }: Change) {
  return {
    from: before === undefined ? 'nothing' : 'current',
    to: action === 'remove' ? 'nothing' : 'wanted',
  }
}
