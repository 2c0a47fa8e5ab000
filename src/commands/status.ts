/** `ctrbuild status`: what stands, against what bundles.yaml wants, a line a bundle. */
import { basename } from 'node:path'
import { currentGeneration } from '../apply/generations.ts'
import { observe } from '../apply/observe.ts'
import { EXIT_STATUS } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { formatBytes } from '../plan/bytes.ts'
import { desire } from '../plan/desire.ts'
import { plan as makePlan } from '../plan/plan.ts'
import { shortDigest } from '../plan/reasons.ts'
import type { Change, NamedManifest, Observed, Plan } from '../plan/types.ts'
import { columns } from '../report/columns.ts'
import { counted } from '../report/format.ts'
import { tellerOf } from '../report/tell.ts'
import { printable } from '../sys/printable.ts'
import { bundleSizes } from './bundle-sizes.ts'
import { type CommandOptions, painter, type Surroundings } from './context.ts'
import { privilegeOf, readSpecFile, settleLock } from './inputs.ts'
import { openSource } from './open-source.ts'

export interface StatusOptions extends CommandOptions {
  readonly json: boolean
}

/** How a bundle stands. */
type State = 'up to date' | 'changed' | 'drifted' | 'missing' | 'undeclared'

interface Line {
  readonly name: string
  readonly state: State
  readonly reasons: readonly string[]
  readonly generation: number | undefined
  readonly images: readonly NamedManifest[]
}

/**
 * Ends with 2 where a bundle is not up to date. Asks no registry.
 * @throws CtrbuildError LOCK_MISSING, LOCK_OUTDATED: without a lock nobody knows what is wanted
 */
export async function status(options: StatusOptions, surroundings: Surroundings): Promise<number> {
  const file = readSpecFile(options, surroundings)
  if (file === undefined) return EXIT_STATUS.SPEC_INVALID
  const { spec, places } = file
  const source = openSource(places, true, tellerOf(options, surroundings))
  const { lock } = await settleLock(file, source, { locked: true }, surroundings)
  const desired = desire(spec, lock, privilegeOf(surroundings).kind)
  const observed = observe(places, desired)
  const plan = makePlan(desired, observed)
  const lines = plan.changes.map(change => lineOf(change, plan, observed, places.out))
  const stamps = [...observed.bundles.values()].flatMap(({ stamp }) => (stamp === undefined ? [] : [stamp]))
  const sizes = bundleSizes(places, stamps)
  const { separate, stored, byName } = sizes
  if (options.json) {
    const bundles = lines.map(line => ({
      ...line,
      generation: line.generation ?? null,
      size: byName.get(line.name) ?? null,
    }))
    const space = { separate, stored, saved: separate - stored }
    surroundings.stdout.write(canonicalJson({ formatVersion: 1, bundles, foreign: observed.foreign, space }))
  } else {
    const rows = lines.map(({ name, state, generation, images }) => [
      name,
      state,
      String(generation ?? '-'),
      bytes(byName.get(name)?.total),
      bytes(byName.get(name)?.unique),
      printable(images.map(imageText).join(', ')),
    ])
    const heading = ['BUNDLE', 'STATE', 'GENERATION', 'SIZE', 'ITS OWN', 'IMAGES']
    const end = `${counted(byName.size, 'bundle')}: ${formatBytes(separate)} each on its own, ${formatBytes(stored)} in the store, ${formatBytes(separate - stored)} saved.`
    const table = lines.length === 0 ? '' : columns(heading, rows, painter(options, surroundings.stdout))
    surroundings.stdout.write(`${table}${end}\n`)
  }
  return lines.every(({ state }) => state === 'up to date') ? 0 : 2
}

function lineOf(change: Change, plan: Plan, observed: Observed, out: string): Line {
  const { name, reasons } = change
  const generation = currentGeneration(out, name)
  const isThere = generation !== 'none' && generation !== 'foreign'
  const images = observed.bundles.get(name)?.stamp?.images ?? change.after?.images ?? []
  const number = isThere ? Number(basename(generation)) : undefined
  return { name, state: stateOf(change, plan, observed), reasons, generation: number, images }
}

function stateOf({ name, action, before, after }: Change, plan: Plan, observed: Observed): State {
  if (action === 'none') return 'up to date'
  if (action === 'create') return 'missing'
  if (action === 'remove') return 'undeclared'
  const isDamaged =
    observed.bundles.get(name)?.damage !== undefined || plan.drift.some(one => one.name === name)
  return isDamaged && before?.inputs === after?.inputs ? 'drifted' : 'changed'
}

function imageText({ reference, manifest }: NamedManifest): string {
  return reference.includes('@') ? reference : `${reference} ${shortDigest(manifest)}`
}

function bytes(count: number | undefined): string {
  return count === undefined ? '-' : formatBytes(count)
}
