/** The results as a picture: a bar for each way, which is as long as it takes. */
import { median, ratio, type ScenarioResult, type WayResult } from './results.ts'
import { baseOf } from './table.ts'

const WIDTH = 760
const LABELS = 285
const NUMBERS = 110
const BAR = 16
const ROW = 23
const HEAD = 34
const CAPTION = 22

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.head { font-weight: 600 }
.number { fill: #59636e }
.ours { fill: #1a7f37 }
.peer { fill: #9198a1 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .number { fill: #9198a1 }
  .ours { fill: #3fb950 }
  .peer { fill: #656c76 }
}`

/** An SVG with a group of bars for each of the scenarios; it follows the reader's dark or light mode. */
export function renderChart(scenarios: readonly ScenarioResult[]): string {
  let top = CAPTION
  const groups = scenarios.map(scenario => {
    const ways = scenario.ways.filter(way => isShown(way, scenario.ways))
    const group = `<g transform="translate(0 ${top})">\n${groupOf(scenario, ways)}\n</g>`
    top += HEAD + ROW * ways.length + ROW / 2
    return group
  })
  const title =
    'Seconds from images in a registry to root file systems on disk, everything cold; shorter is better'
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img">`,
    `<title>${title}</title>`,
    `<style>${STYLE}\n</style>`,
    `<text class="number" x="0" y="14">${title}</text>`,
    ...groups,
    '</svg>\n',
  ].join('\n')
}

/** One image of several, and what is no way to a root file system. */
const NO_BARS = ['one', 'parts']

/** Those by the same user, on all images, that are the first one's peers. */
function isShown(way: WayResult, ways: readonly WayResult[]): boolean {
  return way.id === 'ctrbuild' || (!NO_BARS.includes(way.id) && baseOf(way, ways)?.id === 'ctrbuild')
}

function groupOf({ title, images, bytes, entries }: ScenarioResult, ways: readonly WayResult[]): string {
  const longest = Math.max(...ways.map(way => median(way.wall)))
  const scale = (WIDTH - LABELS - NUMBERS) / longest
  const size = `${images > 1 ? 'each ' : ''}${Math.round(bytes / 1e6)} MB, ${entries} entries`
  const head = `<text class="head" x="0" y="22">${escaped(title)}: ${size}</text>`
  return [head, ...ways.map((way, i) => barOf(way, baseOf(way, ways), HEAD + ROW * i, scale))].join('\n')
}

function barOf(way: WayResult, base: WayResult | undefined, top: number, scale: number): string {
  const wall = median(way.wall)
  const width = Math.max(2, wall * scale)
  const text = top + BAR - 3
  const times = base === undefined || base === way ? '' : ` · ${ratio(way, base).toFixed(1)}×`
  return [
    `<text x="${LABELS - 8}" y="${text}" text-anchor="end">${escaped(way.title)}</text>`,
    `<rect class="${way.id === 'ctrbuild' ? 'ours' : 'peer'}" x="${LABELS}" y="${top}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`,
    `<text class="number" x="${(LABELS + width + 6).toFixed(1)}" y="${text}">${wall.toFixed(wall < 10 ? 2 : 1)} s${times}</text>`,
  ].join('\n')
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
}
