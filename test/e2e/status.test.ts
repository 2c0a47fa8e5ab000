/** status, inspect and images with the built program: what stands, what it takes, and what is shared. */
import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

const file = (path: string, bytes: number): TarInput => ({
  path,
  type: 'file',
  content: Buffer.alloc(bytes, path),
})
const shared = writeTar([file('shared', 4000)])
const SPEC = `bundles:
  a: { image: "oci:images:one", args: [/x, y z] }
  b: { image: "oci:images:two", args: [/x], mounts: ["data:/data"] }
`

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
  await project.layout.add({ layers: [shared, writeTar([file('one', 300)])] }, 'one')
  await project.layout.add({ layers: [shared, writeTar([file('two', 20)])] }, 'two')
  await project.write(SPEC)
  expect(await project.run(['apply'])).toMatchObject({ status: 0 })
})

const at = (path: string) => join(project.folder, path)
const json = async (...args: string[]) => JSON.parse((await project.run([...args, '--json'])).stdout)

test('all is up to date, and the shared file counts once', async () => {
  const { status, stdout } = await project.run(['status'])
  expect(status).toBe(0)
  expect(
    stdout.replaceAll(/sha256:[0-9a-f]{12}/g, 'DIGEST'),
  ).toBe(`BUNDLE  STATE       GENERATION  SIZE    ITS OWN  IMAGES
a       up to date  1           4.3 kB  300 B    oci:images:one DIGEST
b       up to date  1           4.0 kB  20 B     oci:images:two DIGEST
2 bundles: 8.3 kB each on its own, 4.3 kB in the store, 4.0 kB saved.
`)
  const { bundles, space } = await json('status')
  expect(space).toEqual({ separate: 8320, stored: 4320, saved: 4000 })
  expect(bundles[0]).toMatchObject({
    name: 'a',
    state: 'up to date',
    size: { total: 4300, unique: 300, shared: 4000 },
  })
})

test('each way not to be up to date has a word, and the exit status says so', async () => {
  const states = async () => {
    const { status, stdout } = await project.run(['status', '--json'])
    const { bundles } = JSON.parse(stdout)
    return [status, ...bundles.map((one: { name: string; state: string }) => `${one.name} ${one.state}`)]
  }
  await writeFile(at('out/a/run-runc'), '#!/bin/sh\n')
  expect(await states()).toEqual([2, 'a drifted', 'b up to date'])
  await project.run(['apply'])
  await chmod(at('out/a/rootfs'), 0o700)
  expect(await states()).toEqual([2, 'a drifted', 'b up to date'])
  await project.run(['apply'])
  await project.write(SPEC.replace('y z', 'other').replace('  b:', '  c:'))
  expect(await states()).toEqual([2, 'a changed', 'b undeclared', 'c missing'])
  await rm(at('bundles.lock.json'))
  expect(await project.run(['status'])).toMatchObject({ status: 3, stdout: '' })
})

test('two bundles of one image have nothing of their own', async () => {
  await project.write(`${SPEC}  c: { image: "oci:images:one", args: [/z] }\n`)
  await project.run(['apply'])
  const { bundles, space } = await json('status')
  expect(bundles.map((one: { size: { unique: number } }) => one.size.unique)).toEqual([0, 20, 0])
  expect(space).toEqual({ separate: 12_620, stored: 4320, saved: 8300 })
})

test('inspect shows stamp, configuration, layers and sizes', async () => {
  const { status, stdout } = await project.run(['inspect', 'b'])
  expect(status).toBe(0)
  expect(stdout).toMatch(/^bundle {6}b, generation 1$/m)
  expect(stdout).toMatch(/^image {7}oci:images:two sha256:[0-9a-f]{64}$/m)
  expect(stdout.match(/^layer {7}sha256:[0-9a-f]{64} \d+ B$/gm)).toHaveLength(2)
  expect(stdout).toMatch(/^rootfs {6}readonly, 4\.0 kB, of which 20 B its own, 4\.0 kB shared$/m)
  expect(stdout).toMatch(/^mounts {6}.*\/data/m)
  expect((await project.run(['inspect', 'a'])).stdout).toMatch(/^runs {8}"\/x" "y z"$/m)
  const found = await json('inspect', 'b')
  expect(found).toMatchObject({
    name: 'b',
    generation: 1,
    damage: null,
    stamp: { name: 'b' },
    config: { process: { args: ['/x'] } },
    size: { total: 4020, unique: 20, shared: 4000 },
  })
  expect(found.layers[0]).toMatchObject({ uncompressedSize: shared.length })
  expect((await project.run(['inspect', 'x'])).status).toBe(64)
  await rm(at('out/b'))
  expect((await project.run(['inspect', 'b'])).status).toBe(66)
})

test('images shows what the store has by name, with what no other has', async () => {
  const { stdout } = await project.run(['images'])
  const [heading, one, two] = stdout.split('\n')
  expect(heading).toMatch(/^IMAGE +MANIFEST +LAYERS +SIZE +ITS OWN$/)
  expect(one).toMatch(/^oci:images:one {2}sha256:[0-9a-f]{12} {2}2 {7}\d+ B +\d+ B$/)
  expect(two).toMatch(/^oci:images:two /)
  const { images } = await json('images')
  const [a, b] = images
  expect(a.layers[0]).toEqual(b.layers[0])
  expect(a.shared).toBe(a.layers[0].size)
  expect(a.unique).toBe(a.layers[1].size)
  expect(a.size).toBe(a.shared + a.unique)
})
