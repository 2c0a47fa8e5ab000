/**
 * Measures ctrbuild against skopeo, ostree, umoci, podman and tar, on images that it makes and serves itself.
 *
 *     make bench                          all scenarios; a quarter of an hour on a machine that does nothing else
 *     RUNS=9 make bench                   how often each way is timed; default 5, after one run to warm up. Ways that
 *                                         take longer than eight seconds are timed half as often, those that take
 *                                         longer than twenty once
 *     BENCH_ONLY=small,start make bench   some scenarios; results.json, chart.svg and the page stay as they are
 *     BENCH_DIR=/mnt make bench           where to measure; default /dev/shm where there is room
 *
 * It writes bench/results.json, bench/chart.svg and docs/performance.md.
 *
 * Every run begins with an empty folder; what it made is removed when the clock has stopped. A peer that is not
 * installed is left out.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderChart } from './chart.ts'
import { makeImages, serve } from './images.ts'
import { openLayout } from './layout.ts'
import { describeMachine, freeUid, isInstalled } from './machine.ts'
import { type Bench as BenchRecord, performancePage } from './page.ts'
import { makePlace } from './place.ts'
import { judge, type ScenarioResult } from './results.ts'
import { type Bench, runScenario } from './run-scenario.ts'
import { SCENARIOS, type Scenario, TARGETS } from './scenarios.ts'
import { renderMachine, renderScenario, renderScripts, renderVerdicts } from './table.ts'
import type { Way } from './ways.ts'

/** This runs as `bench/build/main.js`. */
const HERE = fileURLToPath(new URL('..', import.meta.url))
const IN_CHART = ['medium', 'big', 'fleet']

async function main(env: NodeJS.ProcessEnv): Promise<number> {
  const only = env.BENCH_ONLY?.split(',')
  const scenarios = SCENARIOS.filter(({ id }) => only?.includes(id) ?? true)
  const place = makePlace(env.BENCH_DIR)
  // An interrupted script fails, and then everything is tidied up.
  process.on('SIGINT', () => undefined)
  try {
    const machine = describeMachine()
    process.stdout.write(`${renderMachine(machine, place.fileSystem)}\n\n`)
    const results = await runAll({ place, say, runs: Number(env.RUNS ?? 5), plainUid: freeUid() }, scenarios)
    const verdicts = judge(TARGETS, results)
    process.stdout.write(`\n${renderScripts(results)}\n${results.map(renderScenario).join('\n')}\n`)
    if (verdicts.length > 0) process.stdout.write(`${renderVerdicts(verdicts)}\n`)
    if (only === undefined) {
      const record: BenchRecord = { machine, fileSystem: place.fileSystem, results, verdicts }
      writeFileSync(join(HERE, 'results.json'), jsonOf(record))
      writeFileSync(join(HERE, '../docs/performance.md'), performancePage(JSON.parse(jsonOf(record))))
      writeFileSync(join(HERE, 'chart.svg'), renderChart(results.filter(({ id }) => IN_CHART.includes(id))))
    }
    return results.some(({ ways }) => ways.some(way => way.differences.length > 0)) ? 1 : 0
  } finally {
    place.remove()
  }
}

async function runAll(
  bench: Omit<Bench, 'images' | 'env'>,
  scenarios: readonly Scenario[],
): Promise<ScenarioResult[]> {
  const layout = openLayout(join(HERE, 'images'))
  say('making the images')
  const made = await makeImages(layout, [...new Set(scenarios.flatMap(({ images }) => images))])
  const served = await serve(layout, made)
  const env = {
    CTRBUILD: join(HERE, '../dist/ctrbuild.js'),
    DRIVER: join(HERE, 'build/driver.js'),
    PARTS: join(HERE, 'build/parts.js'),
  }
  try {
    const results: ScenarioResult[] = []
    for (const scenario of scenarios) {
      const [lowest] = served.images.get(scenario.images[0]!)!.layers
      const layer = { BLOB: layout.blob(lowest!.digest), DIFF_ID: lowest!.diffId }
      const ways = scenario.ways.filter(way => isPossible(way, bench.plainUid))
      results.push(
        await runScenario({ ...bench, images: served.images, env: { ...env, ...layer } }, scenario, ways),
      )
    }
    return results
  } finally {
    await served.stop()
  }
}

/** Whoever is a plain user has no other one to become. */
function isPossible({ needs, isPlain }: Way, plainUid: number | undefined): boolean {
  return needs.every(isInstalled) && !(isPlain && plainUid === undefined)
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Microseconds are noise, and a list of numbers is one line. */
function jsonOf(record: unknown): string {
  const rounded = (_key: string, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 1e4) / 1e4 : value
  return `${JSON.stringify(record, rounded, 2).replace(/\[[\d\s.,]+\]/g, list => list.replace(/\s+/g, ''))}\n`
}

process.exitCode = await main(process.env)
