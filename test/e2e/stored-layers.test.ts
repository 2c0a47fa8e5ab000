/** A union over layers that the store has already is the one that a new store makes, and as whole for ostree. */
import { rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listRefs } from '../../src/ostree/refs.ts'
import { openRepo } from '../../src/ostree/repo.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { randomStack } from '../support/stack.ts'
import { writeTar } from '../support/tar-writer.ts'

const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1)

/** Random stacks as images, each with all of its layers (`all`) and without the topmost one (`most`). */
async function addStacks(project: Project): Promise<void> {
  for (const seed of SEEDS) {
    const layers = randomStack(seed).map(members => writeTar(members))
    const config = { Cmd: ['/x'] }
    await project.layout.add({ layers, config }, `all${seed}`)
    await project.layout.add({ layers: layers.slice(0, -1), config }, `most${seed}`)
  }
}

/** Applies a bundle for each stack; a few have no union. The commits of the unions, by ref. */
async function unionsOf(project: Project, which: 'all' | 'most'): Promise<ReadonlyMap<string, string>> {
  const bundles = SEEDS.map(seed => `  b${seed}: { image: 'oci:images:${which}${seed}', runtimes: [runc] }\n`)
  await project.write(`bundles:\n${bundles.join('')}`)
  await project.run(['apply'])
  expect((await project.tool('ostree', 'fsck', '--repo=.ctrbuild/repo')).status).toBe(0)
  return listRefs(openRepo(join(project.folder, '.ctrbuild/repo'))!, 'ctrbuild/rootfs/')
}

test('random stacks that get one more layer', async ctx => {
  needs(ctx, 'skopeo', 'ostree')
  const project = await newProject()
  await addStacks(project)
  const anew = await unionsOf(project, 'all')
  expect(anew.size).toBeGreaterThan(SEEDS.length / 2)
  for (const folder of ['.ctrbuild', 'out']) await rm(join(project.folder, folder), { recursive: true })
  await unionsOf(project, 'most')
  const grown = await unionsOf(project, 'all')
  for (const [ref, commit] of anew) expect(grown.get(ref), ref).toBe(commit)
})

test.for(['gone', 'empty'])('a folder of a stored layer whose object is %s', async (damage, ctx) => {
  needs(ctx, 'skopeo', 'ostree')
  const project = await newProject()
  // Described, so that the union takes them as they are.
  const folders = ['a/', 'a/b/'].map(path => ({ path, type: 'dir' as const }))
  const files = ['a/b/c', 'd'].map(path => ({ path, type: 'file' as const, content: Buffer.from(path) }))
  const layers = [writeTar([...folders, files[0]!]), writeTar([files[1]!])]
  const config = { Cmd: ['/x'] }
  await project.layout.add({ layers, config }, 'two')
  const below = await project.layout.add({ layers: layers.slice(0, 1), config }, 'one')
  const apply = async (tag: string) => {
    await project.write(`bundles:\n  b: { image: 'oci:images:${tag}' }\n`)
    expect(await project.run(['apply'])).toMatchObject({ status: 0 })
  }
  await apply('one')
  const ref = `ociimage/${below.layers[0]!.digest.slice(7)}`
  const { stdout } = await project.tool('ostree', 'ls', '-C', '-d', '--repo=.ctrbuild/repo', ref, '/a/b')
  const [checksum] = /[0-9a-f]{64}/.exec(stdout)!
  const object = join(
    project.folder,
    `.ctrbuild/repo/objects/${checksum.slice(0, 2)}/${checksum.slice(2)}.dirtree`,
  )
  await (damage === 'gone' ? rm(object) : truncate(object))
  await apply('two')
  expect(await project.tool('ostree', 'fsck', '--repo=.ctrbuild/repo')).toMatchObject({ status: 0 })
})
