/** Planning: what should be against what is. A bundle is up to date when it stands, whole, with the inputs wanted. */
import { CtrbuildError } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { type Digest, digestOf } from '../oci/digest.ts'
import { closest } from '../spec/suggest.ts'
import { driftReports } from './drift.ts'
import type { FileChange } from './file-changes.ts'
import { NEW, namedManifests, UNDECLARED, updateReasons } from './reasons.ts'
import { stepsFor } from './steps.ts'
import type { Blocker, Change, Desired, DesiredBundle, LockSource, Observed, Plan, Step } from './types.ts'

/** What a plan is made with, besides what should be and what is. */
export interface PlanChoices {
  /** Names to limit the plan to; none means all. */
  readonly targets?: readonly string[]
  readonly lockSource?: LockSource
  /** False: bundles that are not wanted any more stay. */
  readonly prune?: boolean
  /** What changes in the files that `install` puts in place, by bundle. */
  readonly files?: ReadonlyMap<string, readonly FileChange[]>
  /** Further sentences for people. */
  readonly notes?: readonly string[]
}

/**
 * Compares what should be with what is.
 * @throws CtrbuildError USAGE for a target that is neither wanted nor there.
 */
export function plan(desired: Desired, observed: Observed, choices: PlanChoices = {}): Plan {
  const targets = [...new Set(choices.targets ?? [])].sort()
  const lockSource = choices.lockSource ?? 'file'
  refuseUnknown(targets, desired, observed)
  const prune = choices.prune ?? true
  const all = changesOf(desired, observed)
  const spared = prune ? [] : all.filter(({ action }) => action === 'remove').map(({ name }) => name)
  const changes = all.filter(
    ({ name }) => (targets.length === 0 || targets.includes(name)) && !spared.includes(name),
  )
  const steps = stepsFor(changes, desired, observed)
  const blockers = blockersOf(changes, desired, observed)
  const { store, out, keep, limits, privilege, imagesDigest, images, bundles } = desired
  return {
    formatVersion: 1,
    complete: targets.length === 0 && spared.length === 0,
    applyable: blockers.length === 0,
    blockers,
    store,
    out,
    keep,
    limits,
    privilege,
    imagesDigest,
    lockSource,
    observedDigest: observedDigest(changes, desired, observed),
    targets,
    prune,
    spared,
    changes: changes.map(change => ({ ...change, ...filesOf(change, choices) })),
    drift: driftReports(observed, name => targets.length === 0 || targets.includes(name)),
    steps,
    summary: summaryOf(changes, steps, desired),
    notes: [...notesOf(steps, desired, observed, lockSource), ...(choices.notes ?? [])],
    images,
    bundles,
  }
}

function filesOf({ name }: Change, { files }: PlanChoices): Pick<Change, 'files'> {
  const changed = files?.get(name)
  return changed === undefined ? {} : { files: changed }
}

function refuseUnknown(targets: readonly string[], desired: Desired, observed: Observed): void {
  const known = [...new Set([...desired.bundles.map(({ name }) => name), ...observed.bundles.keys()])].sort()
  const unknown = targets.find(target => !known.includes(target))
  if (unknown === undefined) return
  const near = closest(unknown, known)
  throw new CtrbuildError('USAGE', `no bundle is called ${JSON.stringify(unknown)}`, {
    hint: near === undefined ? `Bundles are ${known.slice(0, 20).join(', ')}` : `Did you mean ${near}?`,
  })
}

function changesOf(desired: Desired, observed: Observed): Change[] {
  const wanted = new Set(desired.bundles.map(({ name }) => name))
  const images = new Map(desired.images.map(image => [image.key, image]))
  const scene = { images, privilege: desired.privilege, observed }
  const changes = desired.bundles.map(bundle => ({
    ...(observed.bundles.has(bundle.name) ? changeOf(updateReasons(bundle, scene)) : creation),
    ...beforeOf(bundle.name, observed),
    name: bundle.name,
    after: { inputs: bundle.inputs, images: namedManifests(bundle, images) },
  }))
  const left = [...observed.bundles.keys()].filter(name => !wanted.has(name))
  const removals = left.map(name => ({ ...removal, ...beforeOf(name, observed), name }))
  return [...changes, ...removals].sort((a, b) => (a.name < b.name ? -1 : 1))
}

const creation = { action: 'create', reasons: [NEW] } as const
const removal = { action: 'remove', reasons: [UNDECLARED] } as const

function changeOf(reasons: readonly string[]): Pick<Change, 'action' | 'reasons'> {
  return { action: reasons.length === 0 ? 'none' : 'update', reasons }
}

function beforeOf(name: string, observed: Observed): Pick<Change, 'before'> {
  const stamp = observed.bundles.get(name)?.stamp
  return stamp === undefined
    ? {}
    : { before: { inputs: stamp.inputs, digest: stamp.digest, images: stamp.images } }
}

function blockersOf(
  changes: readonly Change[],
  { out, store, privilege }: Desired,
  observed: Observed,
): Blocker[] {
  const foreign = new Set(observed.foreign)
  const inTheWay = changes.filter(({ name, action }) => action === 'create' && foreign.has(name))
  const blockers = inTheWay.map(({ name }) => ({
    code: 'OUT_FOREIGN' as const,
    message: `${out}/${name} was not made by ctrbuild`,
    hint: 'Move it away, or write bundles to another folder with "out:"',
  }))
  if (observed.repoMode !== 'bare' || privilege === 'root') return blockers
  const message = `store ${store} keeps the owners of files (mode bare), which takes root`
  return [
    ...blockers,
    { code: 'PERMISSION', message, hint: 'Run as root, or name another folder with "store:"' },
  ]
}

/** Digest of all that the plan depends on and that others may change in the meantime. */
function observedDigest(changes: readonly Change[], desired: Desired, observed: Observed): Digest {
  const names = new Set(changes.map(({ name }) => name))
  const bundles = desired.bundles.filter(({ name }) => names.has(name))
  const layers = [...new Set(bundles.flatMap(({ chain }) => chain))].filter(diffId =>
    observed.layers.has(diffId),
  )
  const chains = [...new Set(bundles.map(({ chainId }) => chainId))].filter(chainId =>
    observed.chains.has(chainId),
  )
  const standing = changes.map(({ name, before }) => ({
    name,
    before,
    damage: observed.bundles.get(name)?.damage,
    drifted: (observed.bundles.get(name)?.drift ?? []).length > 0,
  }))
  const foreign = observed.foreign.filter(name => names.has(name)).sort()
  const mode = observed.repoMode ?? null
  return digestOf(canonicalJson({ mode, layers: layers.sort(), chains: chains.sort(), standing, foreign }))
}

function summaryOf(changes: readonly Change[], steps: readonly Step[], desired: Desired): Plan['summary'] {
  const names = new Set(changes.map(({ name }) => name))
  const bundles: DesiredBundle[] = desired.bundles.filter(({ name }) => names.has(name))
  const count = (action: Change['action']) => changes.filter(change => change.action === action).length
  return {
    create: count('create'),
    update: count('update'),
    remove: count('remove'),
    unchanged: count('none'),
    downloadBytes: steps.reduce((bytes, step) => bytes + (step.kind === 'fetch' ? step.bytes : 0), 0),
    layersToImport: steps.filter(({ kind }) => kind === 'import').length,
    layersTotal: new Set(bundles.flatMap(({ chain }) => chain)).size,
  }
}

function notesOf(
  steps: readonly Step[],
  { store, privilege }: Desired,
  { repoMode, newRepoMode }: Observed,
  lockSource: LockSource,
): string[] {
  const notes: string[] = []
  const who = privilege === 'root' ? 'you are root' : 'you are not root'
  if (lockSource === 'memory')
    notes.push('tags were resolved just now, since there is no lock for them; apply writes it')
  if (repoMode === undefined && steps.some(({ kind }) => kind === 'merge')) {
    notes.push(`store ${store} will be created as ${newRepoMode}, since ${who}`)
  }
  return notes
}
