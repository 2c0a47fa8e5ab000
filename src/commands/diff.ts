/** `ctrbuild diff`: shows what changes inside bundles. */
import { removeLeftovers } from '../apply/leftovers.ts'
import { observe, observeOut } from '../apply/observe.ts'
import type { Places } from '../apply/places.ts'
import { CtrbuildError, EXIT_STATUS } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { type Detail, isSame } from '../plan/bundle-diff.ts'
import { desire } from '../plan/desire.ts'
import { renderLacking } from '../plan/lacking.ts'
import { plan as makePlan } from '../plan/plan.ts'
import { renderDiff } from '../plan/render-diff.ts'
import type { Desired, Step } from '../plan/types.ts'
import { compareStates, isTree, openBench, type StateName } from './compare-bundles.ts'
import { type CommandOptions, type LockingOptions, painter, type Surroundings } from './context.ts'
import { privilegeOf, readSpecFile, settleLock } from './inputs.ts'
import { openSource } from './open-source.ts'
import { performPlan, statusOf } from './perform-apply.ts'
import { readPlaces } from './read-places.ts'
import { withStoreLock } from './store-lock.ts'

export interface DiffOptions extends CommandOptions, Pick<LockingOptions, 'locked' | 'offline'> {
  /** Undefined: every bundle that differs. */
  readonly name: string | undefined
  readonly from: StateName
  readonly to: StateName
  readonly json: boolean
  /** Fetch and import the layers that are needed and not in the store. */
  readonly fetch: boolean
  /** Leave nothing out of the text. */
  readonly all: boolean
  /** Milliseconds to wait for another ctrbuild that holds the store, where layers are fetched. */
  readonly lockTimeout: number
}

/** Where things lie, and what is wanted, if that is a side. */
interface Ground {
  readonly places: Places
  readonly desired: Desired | undefined
}

/**
 * Prints what is different: text, or with `json` an object with a list.
 * @throws CtrbuildError USAGE, GENERATION_MISSING, OBJECT_DAMAGED; as settleLock and, where layers are fetched, applyPlan
 */
export async function diff(options: DiffOptions, surroundings: Surroundings): Promise<number> {
  const ground = await readGround(options, surroundings)
  if (ground === undefined) return EXIT_STATUS.SPEC_INVALID
  const names = namesFor(options, ground)
  const failed = options.fetch ? await fetchLayers(ground, names, options, surroundings) : 0
  if (failed !== 0) return failed
  const bench = openBench(ground.places, ground.desired, options.offline, surroundings)
  const outcomes: Detail[] = []
  for (const name of names) outcomes.push(await compareStates(bench, name, options))
  const shown = options.name === undefined ? outcomes.filter(isWorthShowing) : outcomes
  surroundings.stdout.write(
    options.json ? canonicalJson({ formatVersion: 1, diffs: shown }) : textOf(shown, options, surroundings),
  )
  return 0
}

function isWorthShowing(outcome: Detail): boolean {
  return 'missing' in outcome || !isSame(outcome)
}

function textOf(outcomes: readonly Detail[], options: DiffOptions, { stdout }: Surroundings): string {
  const paint = painter(options, stdout)
  const texts = outcomes.map(outcome =>
    'missing' in outcome ? renderLacking(outcome, paint) : renderDiff(outcome, paint, options.all),
  )
  return texts.length === 0 ? 'No difference.\n' : texts.join('\n')
}

/** The lock is read only where a side is what is wanted. */
async function readGround(options: DiffOptions, surroundings: Surroundings): Promise<Ground | undefined> {
  if (![options.from, options.to].includes('wanted')) {
    const places = readPlaces(options, surroundings)
    return places && { places, desired: undefined }
  }
  const file = readSpecFile(options, surroundings)
  if (file === undefined) return undefined
  const source = openSource(file.places, options.offline)
  const { lock } = await settleLock(file, source, options, surroundings)
  return { places: file.places, desired: desire(file.spec, lock, privilegeOf(surroundings).kind) }
}

/** Bundles to compare; `undefined` for trees that belong to none. */
function namesFor({ name, from, to }: DiffOptions, { places, desired }: Ground): (string | undefined)[] {
  if (desired === undefined) return [name]
  const observed = observeOut(places.out)
  const wanted = desired.bundles.map(bundle => bundle.name)
  const all = [...new Set([...wanted, ...observed.bundles.keys()])].sort()
  if (name !== undefined) {
    if (all.includes(name)) return [name]
    throw new CtrbuildError('USAGE', `no bundle is called ${JSON.stringify(name)}`, {
      hint: `Bundles are ${all.slice(0, 20).join(', ')}`,
    })
  }
  if ([from, to].some(isTree)) return [undefined]
  const inputs = new Map(desired.bundles.map(bundle => [bundle.name, bundle.inputs]))
  // What was made from the same inputs is the same inside.
  return all.filter(one => from !== 'current' || observed.bundles.get(one)?.stamp?.inputs !== inputs.get(one))
}

/** Brings the layers that the comparison needs into the store, and their unions; no bundle is touched. */
async function fetchLayers(
  { places, desired }: Ground,
  names: readonly (string | undefined)[],
  options: DiffOptions,
  surroundings: Surroundings,
): Promise<number> {
  const targets = names.filter(name => name !== undefined && desired?.bundles.some(one => one.name === name))
  if (desired === undefined || targets.length === 0) return 0
  return withStoreLock(places, { verb: 'diff', lockTimeout: options.lockTimeout }, surroundings, async () => {
    await removeLeftovers(places)
    const plan = makePlan(desired, observe(places, desired), { targets: targets as string[] })
    const refusal = plan.blockers.find(({ code }) => code === 'PERMISSION')
    if (refusal !== undefined) throw new CtrbuildError(refusal.code, refusal.message, { hint: refusal.hint })
    const steps = plan.steps.filter(isOfStore)
    if (steps.length === 0) return 0
    const performing = { ...options, jobs: undefined, keep: undefined }
    const { outcomes } = await performPlan({ ...plan, steps }, places, performing, surroundings)
    return statusOf(outcomes)
  })
}

function isOfStore({ kind }: Step): boolean {
  return kind === 'fetch' || kind === 'import' || kind === 'merge'
}
