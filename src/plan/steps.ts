/** The steps that bring changes about: only what is missing is fetched, imported and merged, each thing once. */
import type { LockedLayer } from '../lock/types.ts'
import type { ChainId, DiffId } from '../oci/digest.ts'
import { desiredLayers } from './desire.ts'
import type {
  AssembleStep,
  Change,
  Desired,
  DesiredBundle,
  FetchStep,
  ImageKey,
  ImportStep,
  MergeStep,
  Observed,
  RemoveStep,
  Step,
  StepId,
} from './types.ts'

/** Steps in an order in which they can be done: fetches, imports, merges, bundles, removals. */
export function stepsFor(changes: readonly Change[], desired: Desired, observed: Observed): Step[] {
  const byName = new Map(desired.bundles.map(bundle => [bundle.name, bundle]))
  const made = changes.filter(({ action }) => action === 'create' || action === 'update')
  const bundles = made.map(({ name }) => byName.get(name)!)
  const unions = missingUnions(bundles, observed)
  const imports = importSteps([...unions.values()].flat(), desired, observed)
  return [
    ...fetchSteps(imports, desired, observed),
    ...imports,
    ...mergeSteps(unions, new Set(imports.map(step => step.id))),
    ...made.map(change => assembleStep(change, byName.get(change.name)!, unions)),
    ...changes.filter(({ action }) => action === 'remove').map(removeStep),
  ]
}

/** Bundles by the union that they need and the store does not have. */
function missingUnions(bundles: readonly DesiredBundle[], observed: Observed): Map<ChainId, DesiredBundle[]> {
  const missing = new Map<ChainId, DesiredBundle[]>()
  for (const bundle of bundles) {
    if (observed.chains.has(bundle.chainId)) continue
    const sharing = missing.get(bundle.chainId)
    if (sharing === undefined) missing.set(bundle.chainId, [bundle])
    else sharing.push(bundle)
  }
  return missing
}

/** Layers are taken from the images of the bundles that need them, and where a blob waits already, as that blob. */
function importSteps(bundles: readonly DesiredBundle[], desired: Desired, observed: Observed): ImportStep[] {
  const keys = new Set(bundles.flatMap(bundle => bundle.images))
  return desiredLayers(desired.images.filter(image => keys.has(image.key)))
    .filter(({ diffId }) => !observed.layers.has(diffId))
    .map(({ diffId, sources }) => {
      const { image, layer } = sources.find(({ layer }) => observed.blobs.has(layer.digest)) ?? sources[0]!
      const needs = observed.blobs.has(layer.digest) ? [] : [fetchId(image)]
      const spoiled = observed.spoiled?.get(diffId)
      const step = { kind: 'import', id: importId(diffId), needs, image, layer } as const
      return spoiled === undefined ? { ...step, reason: NOT_IN_STORE } : { ...step, reason: SPOILED, spoiled }
    })
}

const NOT_IN_STORE = 'not in the store'
const SPOILED = 'files of it in the store were written to'

function fetchSteps(imports: readonly ImportStep[], desired: Desired, observed: Observed): FetchStep[] {
  const wanted = new Map<ImageKey, Set<DiffId>>()
  for (const { image, layer } of imports) {
    if (observed.blobs.has(layer.digest)) continue
    wanted.set(image, (wanted.get(image) ?? new Set()).add(layer.diffId))
  }
  return desired.images
    .filter(image => wanted.has(image.key))
    .map(({ key, locked }) => fetchStep(key, locked.layers, wanted.get(key)!))
}

function fetchStep(image: ImageKey, all: readonly LockedLayer[], wanted: ReadonlySet<DiffId>): FetchStep {
  const layers = all.filter(
    ({ diffId }, i) => wanted.has(diffId) && i === all.findIndex(other => other.diffId === diffId),
  )
  const reason = `${layers.length} of ${all.length} layers ${NOT_IN_STORE}`
  return {
    kind: 'fetch',
    id: fetchId(image),
    needs: [],
    reason,
    image,
    layers,
    bytes: sum(layers.map(({ size }) => size)),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function mergeSteps(
  unions: ReadonlyMap<ChainId, readonly DesiredBundle[]>,
  imports: ReadonlySet<StepId>,
): MergeStep[] {
  return [...unions].map(([chainId, [bundle]]) => {
    const { chain } = bundle!
    const needs = [...new Set(chain)].map(importId).filter(id => imports.has(id))
    return { kind: 'merge', id: mergeId(chainId), needs, reason: NOT_IN_STORE, chainId, chain }
  })
}

function assembleStep(
  { name, action, reasons }: Change,
  { chainId }: DesiredBundle,
  unions: ReadonlyMap<ChainId, unknown>,
): AssembleStep {
  const needs = unions.has(chainId) ? [mergeId(chainId)] : []
  return {
    kind: 'assemble',
    id: `assemble ${name}` as StepId,
    needs,
    reason: reasons.join(', '),
    name,
    action: action === 'create' ? 'create' : 'update',
  }
}

function removeStep({ name, reasons }: Change): RemoveStep {
  return { kind: 'remove', id: `remove ${name}` as StepId, needs: [], reason: reasons.join(', '), name }
}

function fetchId(image: ImageKey): StepId {
  return `fetch ${image}` as StepId
}

function importId(diffId: DiffId): StepId {
  return `import ${diffId}` as StepId
}

function mergeId(chainId: ChainId): StepId {
  return `merge ${chainId}` as StepId
}
