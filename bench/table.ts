/** The results as text: what was run, a table for each scenario, and how the targets were met. */
import type { Machine } from './machine.ts'
import { median, ratio, type ScenarioResult, type Verdict, type WayResult } from './results.ts'

const MIB = 2 ** 20

/** What the numbers were measured on. */
export function renderMachine(machine: Machine, fileSystem: string): string {
  const versions = Object.entries(machine.versions).map(([program, version]) => `${program} ${version}`)
  return [
    `${machine.system}, Linux ${machine.kernel}, ${machine.processors} × ${machine.processor}, ${Math.round(machine.memory / 1024 ** 3)} GiB, on ${fileSystem}`,
    `Node.js ${machine.node}, ${versions.join(', ')}`,
  ].join('\n')
}

/** Each script once, with the titles of the ways that it is run for. */
export function scriptsOf(
  results: readonly ScenarioResult[],
): { readonly titles: string[]; readonly script: string }[] {
  const titles = new Map<string, Set<string>>()
  for (const { script, title, id } of results.flatMap(({ ways }) => ways)) {
    if (!id.endsWith(':inside')) titles.set(script, (titles.get(script) ?? new Set()).add(title))
  }
  return [...titles].map(([script, names]) => ({ titles: [...names], script }))
}

/** The scripts, each below its titles. */
export function renderScripts(results: readonly ScenarioResult[]): string {
  return scriptsOf(results)
    .map(({ titles, script }) => `# ${titles.join('; ')}\n${script}\n`)
    .join('\n')
}

/** What a scenario is about. */
export function headOf({ id, title, images, bytes, entries, load }: ScenarioResult): string {
  const size = `${images > 1 ? 'each ' : ''}${Math.round(bytes / 1e6)} MB, ${entries} entries`
  return `${id}: ${title}; ${size}; load ${load.toFixed(1)} before`
}

/** A scenario's ways, one a line; ratios are to the one that has none. */
export function renderScenario(scenario: ScenarioResult): string {
  const { ways } = scenario
  const head = ['', 'wall', 'from – to', 'runs', 'CPU', 'largest process', 'all together', 'ratio']
  return [headOf(scenario), columns([head, ...ways.map(way => rowOf(way, ways))]), ...notes(ways), ''].join(
    '\n',
  )
}

/** Each target, what came of it, and by how much it was met or missed. */
export function renderVerdicts(verdicts: readonly Verdict[]): string {
  return columns([VERDICT_HEAD, ...verdictRows(verdicts)])
}

/** What the columns of verdictRows are. */
export const VERDICT_HEAD = ['', 'measured', 'target', '', 'parts alone']

/** The targets as rows of a table. */
export function verdictRows(verdicts: readonly Verdict[]): string[][] {
  return verdicts.map(({ target, value, isMet, margin, parts }) => {
    const { scenario, way, against, atLeast, atMost } = target
    const show = (number: number) =>
      against === undefined ? `${Math.round(number / MIB)} MiB` : `${number.toFixed(2)}×`
    return [
      against === undefined ? `${scenario}: memory of ${way}` : `${scenario}: ${way} / ${against}`,
      show(value),
      atLeast === undefined ? `at most ${show(atMost!)}` : `at least ${show(atLeast)}`,
      isMet ? 'met' : `missed by ${Math.round(-margin * 100)} %`,
      parts === undefined ? '' : show(parts),
    ]
  })
}

/** What a way is to be compared with: ours as the same user. */
export function baseOf(way: WayResult, ways: readonly WayResult[]): WayResult | undefined {
  const wanted = way.id.endsWith('-plain') ? ['ctrbuild-plain'] : ['ctrbuild', 'driver:inside', 'node']
  return ways.find(({ id }) => wanted.includes(id))
}

/** A way as a row: median, range, number of runs, processor seconds, memory, and how many times as long as ours. */
export function rowOf(way: WayResult, ways: readonly WayResult[]): string[] {
  const base = baseOf(way, ways)
  return [
    way.title,
    `${seconds(median(way.wall))} s`,
    `${seconds(Math.min(...way.wall))} – ${seconds(Math.max(...way.wall))}`,
    String(way.wall.length),
    `${seconds(median(way.cpu))} s`,
    `${Math.round(way.largest / MIB)} MiB`,
    `${Math.round(way.peak / MIB)} MiB`,
    base === undefined || base === way ? '' : `${ratio(way, base).toFixed(2)}×`,
  ]
}

function notes(ways: readonly WayResult[]): string[] {
  return ways
    .filter(way => way.differences.length > 0 && !way.id.endsWith(':inside'))
    .map(
      ({ title, differences }) =>
        `${title} differs from the first at ${differences.length} paths: ${differences.slice(0, 3).join(', ')}`,
    )
}

function seconds(value: number): string {
  return value < 1 ? value.toFixed(3) : value.toFixed(2)
}

/** The first column to the left, the others to the right. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map(row => row[i]!.length)))
  return rows
    .map(row =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
