/**
 * How plan and an apply without changes grow with the number of bundles: 50, 100 and 500 over 20 images, as ratios to
 * `node -e 0` too, since that is the floor on any machine. `make scale` runs it.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { newLayout } from '../test/support/image.ts'
import { writeTar } from '../test/support/tar-writer.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/ctrbuild.js', import.meta.url))
const IMAGES = 20
const LAYERS = 4
const FILES = 50
const RUNS = 7

/** Layers that images share, and one of each image's own. */
async function makeImages(folder: string): Promise<void> {
  const layout = await newLayout(join(folder, 'images'))
  const layer = (word: string) =>
    writeTar(
      Array.from({ length: FILES }, (_, i) => ({
        path: `${word}/${i % 10}/${i}`,
        type: 'file' as const,
        content: Buffer.alloc(2000, `${word} ${i}`),
      })),
    )
  const shared = Array.from({ length: LAYERS - 1 }, (_, i) => layer(`shared${i}`))
  for (let i = 0; i < IMAGES; i++)
    await layout.add({ layers: [...shared, layer(`image${i}`)], config: { Cmd: ['/x'] } }, `v${i}`)
}

function specOf(bundles: number): string {
  const body = Array.from(
    { length: bundles },
    (_, i) => `  bundle${i}:
    image: oci:images:v${i % IMAGES}
    args: [/bin/service, --number, "${i}"]
    env: { TZ: UTC, NUMBER: "${i}" }
    mounts:
      - { type: volume, source: data, target: /data }
      - { type: tmpfs, target: /run }
`,
  )
  return `apiVersion: ctrbuild/v1\nkind: Bundles\nbundles:\n${body.join('')}`
}

/** What a run took. */
interface Took {
  /** Seconds on the clock, which others on the machine add to. */
  readonly wall: number
  /** Seconds of processor time, user and system. */
  readonly cpu: number
}

/** The fastest of some runs: what the program takes where nothing else is in the way. */
function fastest(argv: readonly string[], cwd: string, runs = RUNS): Took {
  const env = { ...process.env, CI: '', NO_COLOR: '1' }
  const report = join(cwd, 'time')
  const all = Array.from({ length: runs }, () => {
    const timed = ['--format=%e %U %S', `--output=${report}`, process.execPath, ...argv]
    execFileSync('/usr/bin/time', timed, { cwd, stdio: 'ignore', env })
    const [wall, user, system] = readFileSync(report, 'utf8').trim().split(' ').map(Number)
    return { wall: wall!, cpu: user! + system! }
  })
  return {
    wall: Math.min(...all.map(({ wall }) => wall)),
    cpu: Math.min(...all.map(({ cpu }) => cpu)),
  }
}

const folder = mkdtempSync(join(tmpdir(), 'ctrbuild-scale-'))
try {
  await makeImages(folder)
  const floor = fastest(['-e', '0'], folder)
  console.log(`node -e 0: ${floor.wall.toFixed(2)} s, ${floor.cpu.toFixed(2)} s of processor time\n`)
  console.log('| bundles | verb | s | processor s | × node |')
  console.log('|---|---|---|---|---|')
  for (const bundles of [50, 100, 500]) {
    rmSync(join(folder, 'out'), { recursive: true, force: true })
    rmSync(join(folder, '.ctrbuild'), { recursive: true, force: true })
    writeFileSync(join(folder, 'bundles.yaml'), specOf(bundles))
    const row = (name: string, { wall, cpu }: Took) =>
      console.log(
        `| ${bundles} | ${name} | ${wall.toFixed(2)} | ${cpu.toFixed(2)} | ${(cpu / floor.cpu).toFixed(1)} |`,
      )
    row('first apply', fastest([PROGRAM, 'apply', '--progress', 'quiet'], folder, 1))
    row('plan', fastest([PROGRAM, 'plan'], folder))
    row('apply, no changes', fastest([PROGRAM, 'apply'], folder))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
