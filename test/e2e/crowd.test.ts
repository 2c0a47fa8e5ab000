/** Many applies and collections at once on one store, with the built program: nothing that is in use is ever lost. */
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { contentOf, leftovers } from '../support/intact.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { randomOf } from '../support/random.ts'
import { writeTar } from '../support/tar-writer.ts'

/** `CROWD_SECONDS=60` for a long look. */
const SECONDS = Number(process.env.CROWD_SECONDS ?? 6)
const APPLIERS = 8
const COLLECTORS = 3
const IMAGES = 6

const layer = (word: string) =>
  writeTar(
    Array.from({ length: 20 }, (_, i) => ({
      path: `${word}/${i}`,
      type: 'file' as const,
      content: Buffer.alloc(500 + i, `${word}${i}`),
    })),
  )

/** Each applier has a bundles.yaml and an output folder of its own; the store is everyone's. */
const specOf = (who: number, image: number) =>
  `store: ../store\nout: ../out${who}\nkeep: 2\nbundles:\n  one: { image: "oci:../images:v${image}", args: [/x${who}] }\n`

/** Replaces the file as an editor does: a collection may be reading it. */
async function declare(project: Project, who: number, image: number): Promise<string> {
  const folder = join(project.folder, `who${who}`)
  await mkdir(folder, { recursive: true })
  const draft = join(folder, 'bundles.yaml.new')
  await writeFile(draft, `apiVersion: ctrbuild/v1\nkind: Bundles\n${specOf(who, image)}`)
  await rename(draft, join(folder, 'bundles.yaml'))
  return `who${who}/bundles.yaml`
}

test(`${APPLIERS} applies and ${COLLECTORS} collections at once`, async ctx => {
  needs(ctx, 'skopeo')
  const project = await newProject()
  const shared = layer('shared')
  for (let i = 0; i < IMAGES; i++)
    await project.layout.add({ layers: [shared, layer(`image${i}`)], config: { Cmd: ['/x'] } }, `v${i}`)
  const seed = Date.now()
  const until = performance.now() + SECONDS * 1000
  const done = { applies: 0, collections: 0 }
  const last = new Map<number, number>()

  const apply = async (who: number) => {
    const random = randomOf(seed + who)
    do {
      const image = random.between(0, IMAGES - 1)
      const file = await declare(project, who, image)
      const ended = await project.run(['apply', '--file', file])
      expect(ended.status, `seed ${seed}: ${ended.stderr}`).toBe(0)
      last.set(who, image)
      done.applies += 1
    } while (performance.now() < until)
  }
  const collect = async (who: number) => {
    do {
      const ended = await project.run(['gc', '--file', `who${who}/bundles.yaml`, '--unused-images'])
      expect(ended.status, `seed ${seed}: ${ended.stderr}`).toBe(0)
      done.collections += 1
    } while (performance.now() < until)
  }
  for (let who = 0; who < COLLECTORS; who++) await declare(project, who, 0)
  await Promise.all([
    ...Array.from({ length: APPLIERS }, (_, who) => apply(who)),
    ...Array.from({ length: COLLECTORS }, (_, who) => collect(who)),
  ])
  console.info(`${done.applies} applies, ${done.collections} collections in ${SECONDS} s`)

  const expected = new Map<string, string>()
  for (const [who, image] of last) {
    const file = await declare(project, who, image)
    expect((await project.run(['plan', '--file', file])).stdout, `seed ${seed}`).toMatch(/^No changes/)
    const verified = await project.run(['verify', '--deep', '--file', file])
    expect(verified.stdout, `seed ${seed}`).toMatch(/^No damage/)
    const files = await project.tool(
      'sh',
      '-c',
      `cd out${who}/one/rootfs && find . -type f -exec sha256sum {} + | sort`,
    )
    const key = `${image}`
    expect(files.stdout).toBe(expected.get(key) ?? files.stdout)
    expected.set(key, files.stdout)
    expect(files.stdout.trim().split('\n')).toHaveLength(40)
    await contentOf(project, `out${who}/one`)
  }
  expect(await leftovers(project)).toEqual([])
  if (isInstalled('ostree'))
    expect(await project.tool('ostree', 'fsck', '--quiet', '--repo=store/repo')).toMatchObject({ status: 0 })
})
