/**
 * How plan and an apply without changes grow with the number of bundles: 50, 100 and 500 over 20 images, as ratios to
 * `node -e 0` too, since that is the floor on any machine. `make scale` runs it.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

/** Seconds of the fastest of some runs: what the program takes where nothing else is in the way. */
function fastest(argv: readonly string[], cwd: string, runs = RUNS): number {
  const env = { ...process.env, CI: '', NO_COLOR: '1' }
  const times = Array.from({ length: runs }, () => {
    const began = performance.now()
    execFileSync(process.execPath, argv, { cwd, stdio: ['ignore', 'ignore', 'ignore'], env })
    return (performance.now() - began) / 1000
  })
  return Math.min(...times)
}

const folder = mkdtempSync(join(tmpdir(), 'ctrbuild-scale-'))
try {
  await makeImages(folder)
  const floor = fastest(['-e', '0'], folder)
  console.log(`node -e 0: ${(floor * 1000).toFixed(0)} ms\n`)
  console.log('| bundles | first apply | plan | × node | apply, no changes | × node | status | × node |')
  console.log('|---|---|---|---|---|---|---|---|')
  for (const bundles of [50, 100, 500]) {
    rmSync(join(folder, 'out'), { recursive: true, force: true })
    rmSync(join(folder, '.ctrbuild'), { recursive: true, force: true })
    writeFileSync(join(folder, 'bundles.yaml'), specOf(bundles))
    const first = fastest([PROGRAM, 'apply', '--progress', 'quiet'], folder, 1)
    const cells = ['plan', 'apply'].map(verb => {
      const seconds = fastest([PROGRAM, verb], folder)
      return `${seconds.toFixed(2)} s | ${(seconds / floor).toFixed(1)}`
    })
    console.log(`| ${bundles} | ${first.toFixed(1)} s | ${cells.join(' | ')} |`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
