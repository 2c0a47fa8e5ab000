/** verify with the built program: each kind of damage is found where it is, and repaired to what a fresh apply makes. */
import { createHash } from 'node:crypto'
import {
  chmod,
  lstat,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { contentOf } from '../support/intact.ts'
import { asPlainUser } from '../support/plain-user.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { writeTar } from '../support/tar-writer.ts'

const TOOL = 'a tool of some bytes'
const file = (path: string, content: string) =>
  ({ path, type: 'file', mode: 0o755, content: Buffer.from(content) }) as const
const base = writeTar([
  file('bin/tool', TOOL),
  file('etc/conf', 'conf'),
  file('empty', ''),
  { path: 'lib', type: 'symlink', target: 'bin' },
])
const top = writeTar([file('etc/new', 'new'), file('bin/.wh.hidden', '')])
const SPEC = `bundles:
  one: { image: "oci:images:one", args: [/bin/tool] }
  two: { image: "oci:images:two", args: [/bin/tool] }
  copy: { image: "oci:images:two", args: [/bin/tool], rootfs: copy }
`
const NAMES = ['one', 'two', 'copy']

async function filled(): Promise<Project> {
  const project = await newProject()
  await project.layout.add({ layers: [base, top], config: { Cmd: ['/x'] } }, 'one')
  await project.layout.add({ layers: [base], config: { Cmd: ['/x'] } }, 'two')
  await project.write(SPEC)
  return project
}

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await filled()
  expect(await project.run(['apply'])).toMatchObject({ status: 0 })
})

const at = (path: string) => join(project.folder, path)
const contents = () => Promise.all(NAMES.map(name => contentOf(project, `out/${name}`)))
const refs = async () =>
  (await project.tool('grep', '-r', '.', '.ctrbuild/repo/refs/heads')).stdout.split('\n').sort()

async function objects(ending: string): Promise<string[]> {
  const names = await readdir(at('.ctrbuild/repo/objects'), { recursive: true })
  return names.filter(name => name.endsWith(ending)).map(name => at(`.ctrbuild/repo/objects/${name}`))
}

/** The object behind a file of a rootfs. */
async function objectOf(path: string): Promise<string> {
  const { ino } = await stat(at(path))
  for (const object of await objects('.file')) if ((await lstat(object)).ino === ino) return object
  throw new Error(`${path} is no object`)
}

/** Writes over a file in place, and hides it: same length, same times. */
async function flip(path: string): Promise<void> {
  const handle = await open(path, 'r+')
  await handle.write('X', 3)
  await handle.close()
  await utimes(path, 0, 0)
}

async function verify(...flags: string[]) {
  const { status, stdout, stderr } = await project.run(['verify', '--json', ...flags])
  expect(stderr).toBe('')
  return { status, ...JSON.parse(stdout) }
}

const places = ({ problems }: { problems: { bundle?: string; path?: string }[] }) =>
  problems.map(({ bundle, path }) => `${bundle ?? '-'} ${path ?? '-'}`).sort()

async function fsck(): Promise<number | undefined> {
  if (!isInstalled('ostree')) return undefined
  return (await project.tool('ostree', 'fsck', '--quiet', '--repo=.ctrbuild/repo')).status
}

/** Repairs, and holds the result against what a fresh apply makes elsewhere. */
async function expectRepaired(): Promise<void> {
  const repaired = await project.run(['verify', '--repair'])
  expect(repaired.status, repaired.stdout + repaired.stderr).toBe(0)
  const fresh = await filled()
  expect(await fresh.run(['apply'])).toMatchObject({ status: 0 })
  const here = [await contents(), await refs()]
  const repo = project
  project = fresh
  expect(here).toEqual([await contents(), await refs()])
  project = repo
  expect(await verify('--deep')).toMatchObject({ status: 0, problems: [] })
  expect([0, undefined]).toContain(await fsck())
  expect((await project.run(['plan'])).stdout).toMatch(/^No changes/)
}

test('finds nothing where nothing is', async () => {
  expect(await verify()).toMatchObject({
    status: 0,
    ok: true,
    problems: [],
    checked: { bundles: 3, generations: 3 },
  })
  expect(await verify('--deep')).toMatchObject({ status: 0, ok: true, deep: true })
  const { stdout, status } = await project.run(['verify', 'one'])
  expect(status).toBe(0)
  expect(stdout).toMatch(/^No damage: 1 generation, \d+ objects\.\n$/)
  expect((await project.run(['verify', 'oen'])).stderr).toMatch(/Did you mean one\?/)
})

describe('damage', () => {
  test('a flipped byte in an object, which only its checksum shows', async () => {
    await flip(await objectOf('out/two/rootfs/bin/tool'))
    expect(await verify()).toMatchObject({ status: 0 })
    const found = await verify('--deep')
    expect(found.status).toBe(1)
    expect(places(found)).toEqual(['one rootfs/bin/tool', 'two rootfs/bin/tool'])
    expect(found.problems[0].problem).toMatch(/does not have its checksum but [0-9a-f]{64}/)
    expect([1, undefined]).toContain(await fsck())
    await expectRepaired()
  })

  test('a file edited through its hard link, which its time shows at once', async () => {
    await writeFile(at('out/one/rootfs/bin/tool'), 'b tool of some bytes')
    const found = await verify()
    expect(found.status).toBe(1)
    expect(places(found)).toEqual(['one rootfs/bin/tool', 'two rootfs/bin/tool'])
    expect(found.problems[0]).toMatchObject({ problem: 'was written to', generation: 1 })
    await expectRepaired()
  })

  test('a file that was replaced, and one whose mode was changed', async () => {
    await writeFile(at('new'), 'conf', { mode: 0o755 })
    await utimes(at('new'), 0, 0)
    await rename(at('new'), at('out/one/rootfs/etc/new'))
    await chmod(at('out/one/rootfs/etc/conf'), 0o777)
    const found = await verify('one')
    expect(places(found)).toEqual(['one rootfs/etc/conf', 'one rootfs/etc/new'])
    const problems = found.problems.map((one: { problem: string }) => one.problem).sort()
    expect(problems).toEqual(['has 4 bytes, not 3', 'has mode 777, not 755'])
    await expectRepaired()
  })

  test('a copy of the same content is no damage', async () => {
    await writeFile(at('new'), 'new', { mode: 0o755 })
    await utimes(at('new'), 0, 0)
    await rename(at('new'), at('out/one/rootfs/etc/new'))
    expect(await verify('--deep')).toMatchObject({ status: 0 })
  })

  test('a file that is gone, a symbolic link that leads elsewhere, a folder that is a link', async () => {
    await rm(at('out/one/rootfs/etc/new'))
    await rm(at('out/one/rootfs/lib'))
    await project.tool('ln', '-s', '/etc', 'out/one/rootfs/lib')
    await rm(at('out/two/rootfs/etc'), { recursive: true })
    await project.tool('ln', '-s', '/etc', 'out/two/rootfs/etc')
    expect(places(await verify())).toEqual(['one rootfs/etc/new', 'one rootfs/lib', 'two rootfs/etc'])
    await expectRepaired()
  })

  test('an object that is gone', async () => {
    await rm(await objectOf('out/one/rootfs/etc/new'))
    const found = await verify()
    expect(places(found)).toEqual(['one rootfs/etc/new'])
    expect(found.problems[0].problem).toBe('is missing')
    await expectRepaired()
  })

  test.each(['.commit', '.dirtree', '.dirmeta'])('a %s object that is cut short', async ending => {
    for (const object of await objects(ending)) await truncate(object, 10)
    const found = await verify()
    expect(found.status).toBe(1)
    expect(JSON.stringify(found.problems)).toMatch(/does not have its checksum/)
    await expectRepaired()
  })

  test('each single commit and directory', async () => {
    const all = [...(await objects('.commit')), ...(await objects('.dirtree'))]
    for (const object of all) {
      const bytes = await readFile(object)
      await truncate(object, bytes.length - 1)
      expect(await verify(), object).toMatchObject({ status: 1 })
      await writeFile(object, bytes)
      expect(
        createHash('sha256')
          .update(await readFile(object))
          .digest('hex'),
      ).toBe(
        object
          .slice(-(64 + 1) - object.split('.').at(-1)!.length - 1)
          .replace('/', '')
          .split('.')[0],
      )
    }
    expect(await verify()).toMatchObject({ status: 0 })
  })

  test('a ref that is garbage, and one that is gone', async () => {
    const layers = await readdir(at('.ctrbuild/repo/refs/heads/ctrbuild/layer'))
    await writeFile(at(`.ctrbuild/repo/refs/heads/ctrbuild/layer/${layers[0]}`), 'garbage')
    const unions = await readdir(at('.ctrbuild/repo/refs/heads/ctrbuild/union'))
    await rm(at(`.ctrbuild/repo/refs/heads/ctrbuild/union/${unions[0]}`))
    const found = await verify()
    expect(found.status).toBe(1)
    const problems = JSON.stringify(found.problems)
    expect(problems).toMatch(/is not a checksum/)
    expect(problems).toMatch(/the store has lost it/)
    await expectRepaired()
  })

  test('config.json and a script that were edited', async () => {
    const config = JSON.parse(await readFile(at('out/one/config.json'), 'utf8'))
    await writeFile(at('out/one/config.json'), JSON.stringify({ ...config, hostname: 'evil' }))
    await writeFile(at('out/two/run-runc'), '#!/bin/sh\n')
    const found = await verify()
    expect(
      found.problems.map((one: { bundle: string; problem: string }) => `${one.bundle} ${one.problem}`),
    ).toEqual(['one config.json was changed by hand', 'two run-runc was changed by hand'])
    await expectRepaired()
  })
})

describe('repair', () => {
  test('gives older generations sound files too', async () => {
    await project.write(SPEC.replaceAll('[/bin/tool]', '[/bin/tool, -v]'))
    expect(await project.run(['apply'])).toMatchObject({ status: 0 })
    await flip(await objectOf('out/one/rootfs/bin/tool'))
    expect(await project.run(['verify', '--repair'])).toMatchObject({ status: 0 })
    expect(await readFile(at('out/.generations/one/1/rootfs/bin/tool'), 'utf8')).toBe(TOOL)
    const inodes = [1, 2, 3].map(number => stat(at(`out/.generations/one/${number}/rootfs/bin/tool`)))
    expect(new Set((await Promise.all(inodes)).map(({ ino }) => ino)).size).toBe(1)
  })

  test('removes older generations that cannot be mended, and says so', async () => {
    await project.write(SPEC.replaceAll('[/bin/tool]', '[/bin/tool, -v]'))
    expect(await project.run(['apply'])).toMatchObject({ status: 0 })
    await rm(at('out/.generations/one/1/config.json'))
    const ended = await project.run(['verify', '--repair'])
    expect(ended).toMatchObject({ status: 0 })
    expect(ended.stdout).toMatch(/^one 1: could not be mended, and is removed$/m)
    expect((await readdir(at('out/.generations/one'))).sort()).toEqual(['2'])
  })

  test('says what stays damaged where the image is not there any more', async () => {
    await flip(await objectOf('out/one/rootfs/etc/new'))
    await rename(at('images'), at('away'))
    const ended = await project.run(['verify', '--repair'])
    expect(ended.status).not.toBe(0)
    expect(await verify()).toMatchObject({ status: 1 })
    await rename(at('away'), at('images'))
    await expectRepaired()
  })

  test('is for all bundles', async () => {
    expect(await project.run(['verify', 'one', '--repair'])).toMatchObject({ status: 64 })
  })

  test('prints one JSON document', async () => {
    await flip(await objectOf('out/one/rootfs/etc/new'))
    const { status, stdout } = await project.run(['verify', '--repair', '--json'])
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      problems: [{ path: 'rootfs/etc/new' }],
      remaining: [],
    })
  })
})

test('a plain user finds and repairs the same', async ctx => {
  if (process.getuid!() !== 0) ctx.skip('done above')
  project = await filled()
  project = await asPlainUser(ctx, project)
  expect(await project.run(['apply'])).toMatchObject({ status: 0 })
  const tool = await objectOf('out/two/rootfs/bin/tool')
  await flip(tool)
  await chmod(at('out/one/rootfs/etc/new'), 0o777)
  const found = await verify('--deep')
  expect(places(found)).toEqual(['one rootfs/bin/tool', 'one rootfs/etc/new', 'two rootfs/bin/tool'])
  expect(await project.run(['verify', '--repair'])).toMatchObject({ status: 0 })
  expect(await verify('--deep')).toMatchObject({ status: 0 })
  expect([0, undefined]).toContain(await fsck())
})
