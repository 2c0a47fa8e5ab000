/** What a program could do to the store through a root file system that is linked from it, and where it cannot. */
import {
  appendFileSync,
  chmodSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'
import { fileAt } from './apply-one.ts'
import { setCanary } from './canary.ts'

const LAYER: readonly TarInput[] = [
  fileAt('tool', { mode: 0o755 }),
  fileAt('twin', { mode: 0o755, content: Buffer.from('tool') }),
  { path: 'name', type: 'hardlink', target: 'tool' },
  { path: 'lock', type: 'file' },
  { path: 'other-lock', type: 'file' },
]

let project: Project
let canaryIsWell: () => Promise<void>
beforeEach(async ctx => {
  needs(ctx, 'skopeo', 'ostree')
  project = await newProject()
  await project.layout.add({ layers: [writeTar(LAYER)], config: { Cmd: ['/tool'] } }, 'it')
  await project.write(
    'bundles:\n  one: { image: "oci:images:it" }\n  two: { image: "oci:images:it" }\n  own: { image: "oci:images:it", rootfs: copy }\n',
  )
  canaryIsWell = await setCanary(project)
  expect(await project.run(['apply'])).toMatchObject({ status: 0 })
})
afterEach(() => canaryIsWell())

const at = (bundle: string, path: string) => join(project.folder, 'out', bundle, 'rootfs', path)
const fsck = () => project.tool('ostree', 'fsck', '--repo=.ctrbuild/repo')

test("a linked rootfs is read-only in the container, and files without content are nobody else's", () => {
  const readonly = ['one', 'two', 'own'].map(
    bundle =>
      JSON.parse(readFileSync(join(project.folder, 'out', bundle, 'config.json'), 'utf8')).root.readonly,
  )
  expect(readonly).toEqual([true, true, false])
  // Programs lock empty files: what locks one must hold up nothing else.
  const locks = ['one', 'two', 'own'].flatMap(bundle =>
    ['lock', 'other-lock'].map(name => statSync(at(bundle, name)).ino),
  )
  expect(new Set(locks).size).toBe(6)
  expect(statSync(at('one', 'tool')).ino).toBe(statSync(at('two', 'twin')).ino)
})

describe('a change through a hard link is found by ostree fsck:', () => {
  test('of the content, which shows in every bundle that is linked and in no copy', async () => {
    appendFileSync(at('one', 'tool'), ' changed')
    const contents = ['one', 'two', 'own'].map(bundle => readFileSync(at(bundle, 'tool'), 'utf8'))
    expect(contents).toEqual(['tool changed', 'tool changed', 'tool'])
    await expectCorrupted()
  })

  test('of a byte, though the length stays', async () => {
    writeFileSync(at('one', 'tool'), 'tOol')
    await expectCorrupted()
  })

  test('of the mode', async ctx => {
    if (process.getuid!() !== 0) ctx.skip("a plain user's store keeps modes beside the files")
    chmodSync(at('one', 'tool'), 0o700)
    await expectCorrupted()
  })
})

test('a copy is written to without harm to the store, or to files that are merely equal', async () => {
  appendFileSync(at('own', 'tool'), ' changed')
  chmodSync(at('own', 'tool'), 0o777)
  utimesSync(at('own', 'tool'), 1, 1)
  expect((await fsck()).stdout).toContain('no errors found')
  expect(readFileSync(at('own', 'name'), 'utf8')).toBe('tool changed')
  expect(readFileSync(at('own', 'twin'), 'utf8')).toBe('tool')
})

async function expectCorrupted(): Promise<void> {
  const { status, stderr } = await fsck()
  expect(status).toBe(1)
  expect(stderr).toMatch(/[0-9a-f]{64}.*Corrupted file object/)
}

test.for(['lock', 'plan', 'apply'])("whatever %s makes of the store is nobody else's", async verb => {
  const fresh = await newProject()
  await fresh.layout.add({ layers: [writeTar(LAYER)], config: { Cmd: ['/tool'] } }, 'it')
  await fresh.write('bundles: { one: { image: "oci:images:it" } }\n')
  const open = await fresh.through('sh', '-c', 'umask 0 && exec "$@"', 'sh').run([verb])
  expect(open).toMatchObject({ status: 0 })
  const store = join(fresh.folder, '.ctrbuild')
  const folders = ['.', ...readdirSync(store).filter(name => name !== 'busy')]
  const modes = folders.map(name => [name, (statSync(join(store, name)).mode & 0o777).toString(8)])
  expect(modes).toEqual(folders.map(name => [name, '700']))
  expect(folders).toContain(verb === 'apply' ? 'blobs' : 'documents')
})
