/** A plan as a file: the same JSON that `plan --json` prints, refused when it does not hold together. */
import { CtrbuildError } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { desiredOf } from './desire.ts'
import { planSchema } from './schema.ts'
import type { Plan } from './types.ts'

/** The text of a plan file. */
export function formatPlan(plan: Plan): string {
  return canonicalJson(plan)
}

/**
 * Reads a plan file. What it says of bundles and images must be what planning would say of them.
 * @throws CtrbuildError PLAN_INVALID
 */
export function parsePlan(text: string): Plan {
  const raw = parseJson(text)
  const { formatVersion } = (raw ?? {}) as { formatVersion?: unknown }
  if (typeof formatVersion === 'number' && formatVersion !== 1) {
    throw invalid(`the plan has format version ${formatVersion}, and this ctrbuild reads version 1`)
  }
  const parsed = planSchema.safeParse(raw)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw invalid(`${path.length === 0 ? 'the plan' : `${path.join('.')} of the plan`}: ${message}`)
  }
  // An optional member and one that may be undefined are the same to whoever reads it.
  const plan = parsed.data as unknown as Plan
  refuseEdited(plan)
  return plan
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalid('the plan is not JSON', error)
  }
}

function refuseEdited(plan: Plan): void {
  const { images, bundles } = recomputed(plan)
  const ids = new Set<string>()
  for (const { id, needs } of plan.steps) {
    if (ids.has(id) || !needs.every(need => ids.has(need))) throw edited()
    ids.add(id)
  }
  if (canonicalJson({ images, bundles }) !== canonicalJson({ images: plan.images, bundles: plan.bundles }))
    throw edited()
}

function recomputed(plan: Plan): Pick<Plan, 'images' | 'bundles'> {
  try {
    return desiredOf(plan)
  } catch (error) {
    throw invalid('the plan does not hold together', error)
  }
}

function edited(): CtrbuildError {
  return invalid('the plan does not hold together: it was edited')
}

function invalid(message: string, cause?: unknown): CtrbuildError {
  return new CtrbuildError('PLAN_INVALID', message, {
    hint: 'Save it anew with "ctrbuild plan --out FILE"',
    cause,
  })
}
