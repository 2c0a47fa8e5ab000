/** docs/performance.md: what was measured, on what, with which commands, and what it came to. */
import type { Machine } from './machine.ts'
import type { ScenarioResult, Verdict, WayResult } from './results.ts'
import { headOf, rowOf, scriptsOf, VERDICT_HEAD, verdictRows } from './table.ts'

/** Everything that one run of the bench found: bench/results.json. */
export interface Bench {
  readonly machine: Machine
  readonly fileSystem: string
  readonly results: readonly ScenarioResult[]
  readonly verdicts: readonly Verdict[]
}

const INTRODUCTION = `# Performance

This page and the chart are made by \`make bench\` from what it measures (\`bench/results.json\`).

\`\`\`sh
make bench                          # everything: a quarter of an hour on two processors
BENCH_ONLY=medium make bench        # one scenario, printed only
RUNS=9 BENCH_DIR=/mnt/x make bench  # more runs, on another file system
\`\`\`

It makes its own images, whose files compress like those of a Debian system, and serves them from a registry on this machine's loopback.
Every run begins with an empty store; what it made is removed when the clock has stopped.
All ways take turns, round after round, after one run of each that is not counted; medians are compared.
What takes long is timed less often: the column "runs" says how often.
What each way leaves is compared with what ctrbuild leaves, path by path, so that nobody is fast by doing less.
It measures in memory (\`/dev/shm\`) where there is room: on an ext4 without a journal, what was deleted in one run slows down the next ones for minutes.

ctrbuild checks every digest, stores every file once in an OSTree repository, and ends when all of it is durable.
ostree does so too; umoci, podman and tar do not wait for the disk, and tar stores and checks nothing.
`

const WHERE_TIME_GOES = `## Where the time goes

\`\`\`sh
ctrbuild apply --trace trace.json    # open it in https://ui.perfetto.dev or chrome://tracing
\`\`\`

A trace has a lane for the command, one for each step that runs beside others, and one for each thread.
A layer has two threads: \`inflate\` decompresses and hashes its blob, \`read\` reads the tar, hashes each file and writes those that are new.
The layer's tree is made in the main thread meanwhile; \`commit\`, on the lane of the layer's step, writes its directories and its listing.
\`waited ms\` says how long one of them waited for the other.

The row "skopeo; then inflate, hash, write and link, in two threads" is what no way can leave out that fetches with skopeo, checks every digest and stores every file, and nothing else:
no names, modes or folders, no union, no configuration, no waiting for the disk.
The column "parts alone" has the ratios of such a program. Where it fetches meanwhile, as ctrbuild does, half of its processor time is the limit on two processors.
What ctrbuild takes longer is JavaScript, for the most part: starting, compiling and optimising it takes about 0.4 s of processor time, reading 10,000 entries of tar and naming their objects half as much.

What was tried and does not pay: igzip in a process of its own (it inflates in two thirds of the time that Node's zlib takes, and its pipe costs more than that),
hashing a file in one call instead of three, other limits for V8's compilers and its heap, reading layers in more threads than there are processors.
skopeo gets as many of Go's threads as half of the processors: with more, they spend their time waiting for each other.
`

/** The whole page. */
export function performancePage({ machine, fileSystem, results, verdicts }: Bench): string {
  const versions = Object.entries({ 'Node.js': machine.node, ...machine.versions })
  const measured = [
    `Measured on ${machine.processors} × ${machine.processor}, ${Math.round(machine.memory / 2 ** 30)} GiB, ${machine.system}, Linux ${machine.kernel}, on ${fileSystem},`,
    `with ${versions.map(([name, version]) => `${name} ${version}`).join(', ')}.`,
    'Seconds differ from machine to machine, and from hour to hour on a virtual one: what counts are the ratios.',
    ...disturbed(machine, results),
  ].join('\n')
  return [
    INTRODUCTION,
    `## Results\n\n${measured}\n`,
    ...results.map(scenarioSection),
    `## Targets\n\n${tableOf(VERDICT_HEAD, verdictRows(verdicts))}\n`,
    WHERE_TIME_GOES,
    commandsSection(results),
  ].join('\n')
}

/** Numbers that were taken while others worked are shown, and said to be such. */
function disturbed({ processors }: Machine, results: readonly ScenarioResult[]): string[] {
  const load = Math.max(...results.map(result => result.load))
  if (load <= 2 * processors) return []
  return [
    '',
    `**The machine was busy with other work meanwhile (load up to ${Math.round(load)}): these ratios say little, and are to be taken again.**`,
  ]
}

function scenarioSection(scenario: ScenarioResult): string {
  const { ways } = scenario
  const head = ['', 'median', 'from – to', 'runs', 'CPU', 'largest process', 'all together', 'ratio']
  return `### ${headOf(scenario)}\n\n${tableOf(
    head,
    ways.map(way => rowOf(way, ways)),
  )}\n${differing(ways)}`
}

function differing(ways: readonly WayResult[]): string {
  const notes = ways.filter(({ id, differences }) => differences.length > 0 && !id.endsWith(':inside'))
  return notes
    .map(({ title, differences }) => `\n${title} leaves another tree at ${differences.length} paths.\n`)
    .join('')
}

function commandsSection(results: readonly ScenarioResult[]): string {
  const blocks = scriptsOf(results).map(
    ({ titles, script }) => `${titles.join('; ')}:\n\n\`\`\`sh\n${script}\n\`\`\`\n`,
  )
  return `## Commands\n\nEach is run by \`sh -e\` in an empty folder with a \`bundles.yaml\`, and a file \`list\` that has a line \`NAME REFERENCE LAYER...\` for each image.\n\n${blocks.join('\n')}`
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = `|${head.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}
