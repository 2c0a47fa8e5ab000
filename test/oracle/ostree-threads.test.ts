/** Layers that are large enough for threads, imported by the built program: their trees are those that ostree makes. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { initRepo, openRepo } from '../../src/ostree/repo.ts'
import { needs } from '../support/programs.ts'
import { newProject } from '../support/project.ts'
import { randomOf } from '../support/random.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'
import { listOf, MODES, ostreeImport } from './ostree-import.ts'
import { randomLayer } from './ostree-random-layer.ts'

/** More than what is read without threads, however it is compressed. */
const LARGE: TarInput = { path: 'zz-large', type: 'file', content: Buffer.from(randomOf(1).bytes(3 << 20)) }

test('random layers, read by threads', async ctx => {
  needs(ctx, 'skopeo', 'ostree')
  const project = await newProject()
  const theirs = initRepo(join(project.folder, 'theirs'), MODES[0]!)
  const images: string[] = []
  const wanted = new Map<string, string>()
  for (let seed = 1; seed <= 5; seed++) {
    const tar = writeTar([...randomLayer(seed), LARGE])
    const { layers } = await project.layout.add({ layers: [tar], config: { Cmd: ['/x'] } }, `seed${seed}`)
    await writeFile(join(project.folder, `${seed}.tar`), tar)
    const commit = ostreeImport(theirs, `seed${seed}`, join(project.folder, `${seed}.tar`))
    wanted.set(`ociimage/${layers[0]!.digest.slice(7)}`, listOf(theirs, commit))
    images.push(`  seed${seed}: { image: 'oci:images:seed${seed}' }\n`)
  }
  const bundles = images.map((_, i) => `  b${i}: { image: seed${i + 1} }\n`)
  await project.write(`images:\n${images.join('')}bundles:\n${bundles.join('')}`)
  expect(await project.run(['apply', '--trace', 'trace.json'])).toMatchObject({ status: 0 })
  const ours = openRepo(join(project.folder, '.ctrbuild/repo'))!
  for (const [ref, list] of wanted) expect(listOf(ours, ref)).toBe(list)
  expect((await project.tool('ostree', 'fsck', '--repo=.ctrbuild/repo')).status).toBe(0)
})

test('a large layer that contradicts itself is refused, and the others are imported', async ctx => {
  needs(ctx, 'skopeo', 'ostree')
  const project = await newProject()
  const file = (path: string) => ({ path, type: 'file' as const, content: Buffer.from(path) })
  const bad = [file('a'), file('a/b'), LARGE]
  await project.layout.add({ layers: [writeTar(bad)], config: { Cmd: ['/x'] } }, 'bad')
  await project.layout.add({ layers: [writeTar([file('c'), LARGE])], config: { Cmd: ['/x'] } }, 'good')
  await project.write(
    "images:\n  bad: { image: 'oci:images:bad' }\n  good: { image: 'oci:images:good' }\nbundles:\n  one: { image: bad }\n  two: { image: good }\n",
  )
  const { status, stderr } = await project.run(['apply'])
  expect(stderr).toContain('LAYER_CONFLICT: "a/b" is below something that is not a directory')
  expect(status).not.toBe(0)
  const large = await readFile(join(project.folder, 'out/two/rootfs/zz-large'))
  expect(large.equals(LARGE.content!)).toBe(true)
  expect((await project.tool('ostree', 'fsck', '--repo=.ctrbuild/repo')).status).toBe(0)
})
