/** What changes inside bundles, between any two of their states. */
import { compareSides } from '../apply/compare.ts'
import { currentGeneration, generationNumbers, generationPath } from '../apply/generations.ts'
import type { Places } from '../apply/places.ts'
import {
  commitSide,
  generationSide,
  type LackingSide,
  NOTHING,
  type Shelf,
  type Side,
  wantedSide,
} from '../apply/sides.ts'
import { CtrbuildError } from '../errors.ts'
import { openRepo } from '../ostree/repo.ts'
import type { Detail } from '../plan/bundle-diff.ts'
import { lackingDiff } from '../plan/lacking.ts'
import type { Desired } from '../plan/types.ts'
import type { Surroundings } from './context.ts'
import { privilegeOf, userPlacesOf } from './inputs.ts'
import { openSource } from './open-source.ts'

/** A state as it is named on the command line: `current`, `wanted`, `nothing`, a generation's number, a ref or a commit. */
export type StateName = string

/** What bundles are compared with. */
export interface Bench {
  readonly shelf: Shelf
  /** Undefined where no side is what is wanted. */
  readonly desired: Desired | undefined
}

/** Opens the store for comparing. */
export function openBench(
  places: Places,
  desired: Desired | undefined,
  offline: boolean,
  surroundings: Surroundings,
): Bench {
  const scene = {
    source: openSource(places, offline),
    places,
    privilege: privilegeOf(surroundings),
    userPlaces: userPlacesOf(surroundings),
    objects: [`${places.repo}/objects`],
    signal: surroundings.signal,
  }
  return { shelf: { repo: openRepo(places.repo), scene, trees: new Map() }, desired }
}

/**
 * Compares two states of a bundle, or two trees that belong to none.
 * @throws CtrbuildError USAGE, GENERATION_MISSING, OBJECT_DAMAGED; as wantedSide
 */
export async function compareStates(
  bench: Bench,
  name: string | undefined,
  states: { readonly from: StateName; readonly to: StateName; readonly mostEntries?: number },
): Promise<Detail> {
  const from = await sideOf(bench, name, states.from)
  const to = await sideOf(bench, name, states.to)
  const lacking = [from, to].flatMap(side => ('lacking' in side ? side.lacking : []))
  if (lacking.length > 0) {
    const sides = { name: name!, from: from.label, to: to.label }
    return lackingDiff(sides, lacking, bench.desired!.layers)
  }
  const { shelf } = bench
  const { mostEntries } = states
  // Without a store both sides are nothing, or there is one already.
  return compareSides(shelf.repo!, {
    name,
    from: from as Side,
    to: to as Side,
    ...(mostEntries !== undefined && { mostEntries }),
    signal: shelf.scene.signal,
  })
}

async function sideOf(bench: Bench, name: string | undefined, state: StateName): Promise<Side | LackingSide> {
  const { shelf } = bench
  if (state === 'nothing') return NOTHING
  if (isTree(state)) return commitSide(shelf, state)
  if (name === undefined) {
    throw new CtrbuildError('USAGE', `${JSON.stringify(state)} is a state of a bundle, and none is named`, {
      hint: 'For example ctrbuild diff redis --from 1 --to 2',
    })
  }
  if (state === 'wanted') return wanted(bench, name)
  if (state !== 'current') return generationSide(shelf, name, Number(state))
  const number = currentNumber(shelf.scene.places, name)
  return number === undefined ? NOTHING : generationSide(shelf, name, number)
}

/** True for what names a tree of the store and not a bundle's state. */
export function isTree(state: StateName): boolean {
  return !['current', 'wanted', 'nothing'].includes(state) && !/^[1-9][0-9]{0,8}$/.test(state)
}

async function wanted({ shelf, desired }: Bench, name: string): Promise<Side | LackingSide> {
  const bundle = desired!.bundles.find(one => one.name === name)
  if (bundle === undefined) return NOTHING
  const image = desired!.images.find(({ key }) => key === bundle.images.at(-1))
  return wantedSide(shelf, bundle, image!)
}

/** Number of the generation that a bundle stands at; undefined where it does not stand. */
function currentNumber({ out }: Places, name: string): number | undefined {
  const current = currentGeneration(out, name)
  return generationNumbers(out, name).find(number => generationPath(out, name, number) === current)
}
