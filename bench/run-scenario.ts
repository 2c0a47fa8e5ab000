/** Runs one scenario: every way once to warm up and to look at what it made, then all in turn, again and again. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { differences, obeyed, readTree, type Tree } from './compare-trees.ts'
import type { ServedImage } from './images.ts'
import { type Cost, measure } from './measure.ts'
import type { Place } from './place.ts'
import { resultsOf, type ScenarioResult } from './results.ts'
import type { Scenario } from './scenarios.ts'
import { OURS, type Way } from './ways.ts'
import { newFolder, sizeOf } from './work-folder.ts'

/** What all scenarios share. */
export interface Bench {
  readonly place: Place
  readonly images: ReadonlyMap<string, ServedImage>
  readonly runs: number
  /** Of the scripts. */
  readonly env: Readonly<Record<string, string>>
  /** A user without privileges; undefined where we are one. */
  readonly plainUid: number | undefined
  say(line: string): void
}

/** Seconds from which on a way is timed half as often, and from which on once: all of it is to end in a quarter of an hour. */
const LONG = 8
const VERY_LONG = 20

/** Everything about one run of a way that its caller may look at before it is gone. */
interface Ended {
  readonly cost: Cost
  readonly folder: string
}

/** Runs a scenario with those of its ways that `ways` has. */
export async function runScenario(
  bench: Bench,
  scenario: Scenario,
  ways: readonly Way[],
): Promise<ScenarioResult> {
  const load = Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0])
  const prepared = scenario.isPrepared ? await prepare(bench, scenario) : undefined
  const here = prepared === undefined ? bench : { ...bench, env: { ...bench.env, PREPARED: prepared } }
  const looks = new Map<Way, { readonly warmUp: Cost; readonly differences: readonly string[] }>()
  let expected: readonly Tree[] | undefined
  for (const way of ways) {
    await run(here, scenario, way, true, ({ cost, folder }) => {
      const trees = treesOf(scenario, way, folder)
      expected ??= trees.length === scenario.images.length ? trees : undefined
      looks.set(way, {
        warmUp: cost,
        differences: trees.flatMap((tree, i) => differences(tree, expected?.[i] ?? tree)),
      })
      bench.say(`${scenario.id}, warm-up, ${way.title}: ${cost.wall.toFixed(2)} s`)
    })
  }
  const timed = new Map(ways.map((way): [Way, Cost[]] => [way, []]))
  const rounds = bench.runs * scenario.often
  for (let round = 1; round <= rounds; round++) {
    for (const way of ways) {
      if (round > roundsOf(looks.get(way)!.warmUp.wall, rounds)) continue
      await run(here, scenario, way, false, ({ cost }) => {
        timed.get(way)!.push(cost)
        bench.say(`${scenario.id}, ${round} of ${rounds}, ${way.title}: ${cost.wall.toFixed(2)} s`)
      })
    }
  }
  if (prepared !== undefined) bench.place.drop(prepared)
  return {
    id: scenario.id,
    title: scenario.title,
    images: scenario.images.length,
    ...sizeOf(bench.images.get(scenario.images[0]!)!, scenario.isOneLayer ? 1 : undefined),
    load,
    ways: ways.flatMap(way => {
      const { warmUp, differences: found } = looks.get(way)!
      return resultsOf(
        { id: way.id, title: way.title, script: way.script, differences: found },
        { warmUp, timed: timed.get(way)! },
      )
    }),
  }
}

/** How often a way is timed that took so many seconds to warm up. */
function roundsOf(wall: number, rounds: number): number {
  if (wall > VERY_LONG) return Math.min(rounds, 1)
  return wall > LONG ? Math.ceil(rounds / 2) : rounds
}

/** Applies the scenario's images once for all runs. */
async function prepare(bench: Bench, scenario: Scenario): Promise<string> {
  const folder = newFolder(bench.place, imagesOf(bench, scenario.images), undefined)
  await measure({ script: OURS.script, folder, env: bench.env, uid: undefined, samples: false })
  return folder
}

async function run(
  bench: Bench,
  scenario: Scenario,
  way: Way,
  samples: boolean,
  look: (ended: Ended) => void,
): Promise<void> {
  const { env, place, plainUid } = bench
  const uid = way.isPlain ? plainUid : undefined
  const folder = newFolder(place, imagesOf(bench, way.images ?? scenario.images), uid)
  try {
    const cost = await measure({ script: way.script, folder, env, uid, samples })
    look({ cost, folder })
  } finally {
    if (way.after !== undefined) await measure({ script: way.after, folder, env, uid, samples: false })
    place.drop(folder)
  }
}

function imagesOf({ images }: Bench, names: readonly string[]): ServedImage[] {
  return names.map(name => images.get(name)!)
}

function treesOf(scenario: Scenario, way: Way, folder: string): Tree[] {
  if (way.rootfs === undefined) return []
  return (way.images ?? scenario.images).map(name => obeyed(readTree(join(folder, way.rootfs!(name)))))
}
