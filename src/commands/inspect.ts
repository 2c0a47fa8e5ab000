/** `ctrbuild inspect`: all about one bundle that stands. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundlesWithGenerations, currentGeneration, STAMP } from '../apply/generations.ts'
import { readHistory } from '../apply/history.ts'
import type { Places } from '../apply/places.ts'
import { type StoredLayer, storedLayers } from '../apply/stored-layers.ts'
import { CtrbuildError, EXIT_STATUS } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import type { DiffId } from '../oci/digest.ts'
import { listRefs } from '../ostree/refs.ts'
import { openRepo } from '../ostree/repo.ts'
import { formatBytes } from '../plan/bytes.ts'
import type { Stamp } from '../plan/types.ts'
import { printable } from '../sys/printable.ts'
import { bundleSizes } from './bundle-sizes.ts'
import type { CommandOptions, Surroundings } from './context.ts'
import { historyOf } from './history.ts'
import { readPlaces } from './read-places.ts'

export interface InspectOptions extends CommandOptions {
  readonly name: string
  readonly json: boolean
}

/** As much of a runtime configuration as is shown. Another program may have edited it. */
interface Shown {
  readonly process?: {
    readonly args?: readonly string[]
    readonly cwd?: string
    readonly user?: { readonly uid?: number; readonly gid?: number }
  }
  readonly mounts?: readonly { readonly destination?: string }[]
  readonly linux?: { readonly namespaces?: readonly { readonly type?: string }[] }
}

/** @throws CtrbuildError USAGE for a bundle that was never made, GENERATION_MISSING where it does not stand, OBJECT_DAMAGED */
export async function inspect(options: InspectOptions, surroundings: Surroundings): Promise<number> {
  const places = readPlaces(options, surroundings)
  if (places === undefined) return EXIT_STATUS.SPEC_INVALID
  const { name } = options
  const generation = historyOf(places, name).find(({ isCurrent }) => isCurrent)
  const stamp = generation?.stamp
  if (generation === undefined || stamp === undefined) throw notStanding(name)
  const config: Shown = JSON.parse(readFileSync(join(generation.path, 'config.json'), 'utf8'))
  const sizes = bundleSizes(places, standing(places))
  const size = sizes.byName.get(name)
  const layers = layersOf(places, stamp)
  if (options.json) {
    const { number, path, damage } = generation
    const about = {
      name,
      generation: number,
      path,
      damage: damage ?? null,
      stamp,
      config,
      layers,
      size: size ?? null,
    }
    surroundings.stdout.write(canonicalJson({ formatVersion: 1, ...about }))
    return 0
  }
  const { process, mounts, linux } = config
  const rows: [string, string | undefined][] = [
    [
      'bundle',
      `${name}, generation ${generation.number}${generation.damage === undefined ? '' : `: ${generation.damage}`}`,
    ],
    ['digest', stamp.digest],
    ...stamp.images.map(({ reference, manifest }): [string, string] => ['image', `${reference} ${manifest}`]),
    ...layers.map(({ diffId, size }): [string, string] => [
      'layer',
      `${diffId} ${size === undefined ? '' : formatBytes(size)}`,
    ]),
    [
      'rootfs',
      `${stamp.spec.rootfs}${size === undefined ? '' : `, ${formatBytes(size.total)}, of which ${formatBytes(size.unique)} its own, ${formatBytes(size.shared)} shared`}`,
    ],
    ['runs', process?.args?.map(arg => JSON.stringify(arg)).join(' ')],
    ['as', `${process?.user?.uid}:${process?.user?.gid} in ${process?.cwd}`],
    ['mounts', mounts?.map(({ destination }) => destination).join(' ')],
    ['namespaces', linux?.namespaces?.map(({ type }) => type).join(' ')],
    ['runtimes', stamp.spec.runtimes.join(' ')],
  ]
  surroundings.stdout.write(
    rows.map(([key, value]) => `${key.padEnd(10)}  ${printable(value ?? '')}\n`).join(''),
  )
  return 0
}

function standing(places: Places): Stamp[] {
  return bundlesWithGenerations(places.out)
    .filter(name => currentGeneration(places.out, name) !== 'none')
    .flatMap(name => readHistory(places.out, name).find(({ isCurrent }) => isCurrent)?.stamp ?? [])
}

/** Lowest first; without sizes where the store has lost one. */
function layersOf(places: Places, stamp: Stamp): (Partial<StoredLayer> & { readonly diffId: DiffId })[] {
  const repo = openRepo(places.repo)
  const known = repo === undefined ? [] : storedLayers(repo, listRefs(repo, 'ociimage/'))
  return stamp.layers.map(diffId => known.find(layer => layer.diffId === diffId) ?? { diffId })
}

function notStanding(name: string): CtrbuildError {
  return new CtrbuildError(
    'GENERATION_MISSING',
    `${name} does not stand, or has no ${STAMP} that can be read`,
    {
      hint: `"ctrbuild history ${name}" shows what there is; "ctrbuild apply" makes it anew`,
    },
  )
}
