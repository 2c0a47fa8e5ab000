/** What moved since a plan was saved, in words. */
import { CtrbuildError } from '../errors.ts'
import type { Change, Plan } from './types.ts'

/** The error for a saved plan that does not fit what is there any more. */
export function stalePlan(file: string, why: string): CtrbuildError {
  return new CtrbuildError('PLAN_STALE', `${file} does not fit this machine any more: ${why}`, {
    hint: 'Make a new plan, look at it, and apply that one',
  })
}

/** So many things are named; of the rest the number. */
const NAMED = 4

/** How a plan that is made now differs from the saved one, of the same spec. */
export function whatMoved(saved: Plan, now: Plan): string {
  const before = new Map(saved.changes.map(change => [change.name, change]))
  const after = new Map(now.changes.map(change => [change.name, change]))
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  const bundles = names.flatMap(name => bundleMoved(name, before.get(name), after.get(name)) ?? [])
  const all = [...bundles, ...storeMoved(saved, now)]
  if (all.length === 0) return 'the store was changed'
  const more = all.length > NAMED ? `; and ${all.length - NAMED} more` : ''
  return `${all.slice(0, NAMED).join('; ')}${more}`
}

const NOW = {
  create: 'is gone',
  update: 'would be updated now',
  remove: 'would be removed now',
  none: 'is up to date already',
} as const

function bundleMoved(
  name: string,
  before: Change | undefined,
  after: Change | undefined,
): string | undefined {
  if (before === undefined) return `bundle ${name} came`
  if (after === undefined) return `bundle ${name} went`
  if (before.action !== after.action) {
    const why = after.action === 'update' ? ` (${after.reasons[0]})` : ''
    return `bundle ${name} ${NOW[after.action]}${why}`
  }
  if (before.before?.digest !== after.before?.digest) return `bundle ${name} was changed`
  if (before.reasons.join() !== after.reasons.join()) return `bundle ${name}: ${after.reasons[0]}`
  return undefined
}

const WORDS = { import: 'layer', merge: 'union' } as const

/** Layers and unions that came into the store, or went. */
function storeMoved(saved: Plan, now: Plan): readonly string[] {
  const count = (of: Plan, other: Plan, kind: 'import' | 'merge') =>
    of.steps.filter(step => step.kind === kind && !other.steps.some(({ id }) => id === step.id)).length
  return (['import', 'merge'] as const).flatMap(kind => {
    const [come, gone] = [count(saved, now, kind), count(now, saved, kind)]
    return [
      ...(come > 0 ? [`${come} ${WORDS[kind]}${come === 1 ? ' is' : 's are'} in the store by now`] : []),
      ...(gone > 0
        ? [`${gone} ${WORDS[kind]}${gone === 1 ? ' is' : 's are'} not in the store any more`]
        : []),
    ]
  })
}
