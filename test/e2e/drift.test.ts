/** Drift: whatever is changed by hand in a bundle is found by plan, named, and mended by apply. */
import { createHash } from 'node:crypto'
import {
  appendFile,
  chmod,
  chown,
  lchown,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DriftReport } from '../../src/plan/drift.ts'
import type { Plan } from '../../src/plan/types.ts'
import { asPlainUser } from '../support/plain-user.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

const file = (path: string, content: string, mode = 0o644): TarInput => ({
  path,
  type: 'file',
  mode,
  content: Buffer.from(content),
})
const LAYERS = [
  writeTar([
    { path: 'etc', type: 'dir' },
    file('etc/passwd', 'root:x:0:0::/root:/bin/sh\n'),
    file('etc/conf', 'one\n'),
    file('etc/empty', ''),
    file('bin/app', '#!app', 0o755),
    { path: 'etc/link', type: 'symlink', target: 'conf' },
    { path: 'tmp', type: 'dir', mode: 0o1777 },
    file('odd/\xff\x1b[31m', 'x'),
  ]),
]

let registry: Registry
beforeAll(async () => {
  if (isInstalled('docker-registry')) registry = await startRegistry()
})
afterAll(() => registry?.stop())

describe.each(['root', 'a plain user'])('as %s', who => {
  let project: Project
  let rootfs: string

  beforeEach(async ctx => {
    needs(ctx, 'skopeo', 'docker-registry', 'ostree')
    project = await newProject()
    await project.layout.add({ layers: LAYERS, config: { Cmd: ['/bin/app'] } }, 'one')
    await project.layout.copyTo('one', `docker://${registry.host}/drift:1`, '--dest-tls-verify=false')
    await declare()
    if (who !== 'root') project = await asPlainUser(ctx, project)
    expect(await project.run(['apply'])).toMatchObject({ status: 0 })
    rootfs = join(project.folder, 'out/one/rootfs')
  })

  async function declare(more = ''): Promise<void> {
    const images = `images:\n  app:\n    image: ${registry.host}/drift:1\n    insecure: true\n`
    await project.write(`${images}bundles:\n  one:\n    image: app\n${more}  two:\n    image: app\n`)
  }

  async function planned(): Promise<Plan> {
    const { status, stdout, stderr } = await project.run(['plan', '--json'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    return JSON.parse(stdout) as Plan
  }

  /** What was found in bundle one, as `path problem`. */
  async function found(): Promise<string[]> {
    return entriesOf((await planned()).drift, 'one')
  }

  function entriesOf(drift: readonly DriftReport[], name: string): string[] {
    return drift
      .filter(report => report.name === name)
      .flatMap(({ entries }) => entries.map(({ path, problem }) => `${path} ${problem}`))
  }

  async function mends(): Promise<void> {
    const applied = await project.run(['apply'])
    expect(applied).toMatchObject({ status: 0 })
    const after = await planned()
    expect(after.drift).toEqual([])
    expect(after.steps).toEqual([])
    expect(await readFile(join(rootfs, 'etc/conf'), 'utf8')).toBe('one\n')
    expect(await project.tool('ostree', 'fsck', '--repo=.ctrbuild/repo')).toMatchObject({ status: 0 })
  }

  /** Replaces a file by another one, as editors and package managers do. */
  async function replace(path: string, content: string): Promise<void> {
    await writeFile(join(rootfs, `${path}.new`), content)
    await rename(join(rootfs, `${path}.new`), join(rootfs, path))
  }

  test('there is none after apply', async () => {
    expect(await planned()).toMatchObject({ drift: [], steps: [] })
  })

  test.each<[string, (at: string) => Promise<void>, string[]]>([
    ['a file that was added', at => writeFile(join(at, 'etc/new'), 'x'), ['/etc/new added']],
    ['a folder that was added', async at => void (await mkdir(join(at, 'new'))), ['/new added']],
    ['a file that was removed', at => rm(join(at, 'etc/conf')), ['/etc/conf removed']],
    ['a folder that was removed', at => rm(join(at, 'etc'), { recursive: true }), ['/etc removed']],
    [
      'another type',
      async at => {
        await rm(join(at, 'etc/conf'))
        await mkdir(join(at, 'etc/conf'))
      },
      ['/etc/conf type'],
    ],
    [
      'a link that points elsewhere',
      async at => {
        await rm(join(at, 'etc/link'))
        await symlink('passwd', join(at, 'etc/link'))
      },
      ['/etc/link target'],
    ],
    ['the mode of a folder', at => chmod(join(at, 'tmp'), 0o755), ['/tmp mode']],
    ['the mode of an empty file', at => chmod(join(at, 'etc/empty'), 0o777), ['/etc/empty mode']],
    ['an empty file that was filled', at => writeFile(join(at, 'etc/empty'), 'x'), ['/etc/empty content']],
  ])('%s', async (_name, change, expected) => {
    await change(rootfs)
    expect(await found()).toEqual(expected)
    await mends()
  })

  test('a file that was replaced, by the same content too', async () => {
    await replace('etc/conf', 'one\n')
    expect(await found()).toEqual(['/etc/conf replaced'])
    const { stdout } = await project.run(['plan'])
    expect(stdout).toContain('  ~ one  1 file of its root file system was changed: /etc/conf\n')
    expect(stdout).toMatch(/Plan: 0 to create, 1 to update, 0 to remove, 1 unchanged\. 0 B to download/)
    expect((await project.run(['plan', '--show-drift'])).stdout).toContain('\n  /etc/conf  is another file\n')
    await mends()
  })

  test('a file that was replaced, with the times of its folder set back', async () => {
    await replace('etc/conf', 'two\n')
    for (const path of ['etc/conf', 'etc']) await utimes(join(rootfs, path), 0, 0)
    expect(await found()).toEqual(['/etc/conf replaced'])
    await mends()
  })

  test.each<[string, (path: string) => Promise<void>]>([
    ['appended to', path => appendFile(path, 'more')],
    ['cut', path => truncate(path, 1)],
    ['overwritten', path => writeFile(path, 'two\n')],
    ['given another mode', path => chmod(path, 0o666)],
  ])('a file that was %s through its name: the store is mended too', async (_name, change) => {
    await change(join(rootfs, 'etc/conf'))
    const { drift, steps } = await planned()
    // One inode, so both bundles have it.
    expect(entriesOf(drift, 'one')).toEqual(['/etc/conf written'])
    expect(entriesOf(drift, 'two')).toEqual(['/etc/conf written'])
    expect(steps.filter(({ kind }) => kind === 'import')).toHaveLength(1)
    await mends()
    expect(await readFile(join(project.folder, 'out/two/rootfs/etc/conf'), 'utf8')).toBe('one\n')
  })

  test('an object that the store has lost', async () => {
    const { stdout } = await project.tool(
      'find',
      '.ctrbuild/repo/objects',
      '-samefile',
      'out/one/rootfs/etc/conf',
    )
    await rm(join(project.folder, stdout.trim()))
    expect(await found()).toEqual(['/etc/conf lost'])
    await mends()
  })

  test('a whole tree that was copied: no file of it is the store’s', async () => {
    await project.tool('cp', '-a', rootfs, `${rootfs}.new`)
    await rm(rootfs, { recursive: true })
    await rename(`${rootfs}.new`, rootfs)
    expect((await found()).filter(entry => / replaced$/.test(entry))).toEqual([
      '/bin/app replaced',
      '/etc/conf replaced',
      '/etc/passwd replaced',
      '/odd/\\xff\\x1b[31m replaced',
    ])
  })

  test('many are one line, and each on request; none drives a terminal', async () => {
    for (let i = 0; i < 5; i++) await writeFile(join(rootfs, `etc/new\x1b[3${i}m`), '')
    const { stdout } = await project.run(['plan'])
    expect(stdout).toContain('5 files of its root file system were changed: /etc/new\\x1b[30m, ')
    expect(stdout).toContain(' and 3 more\n')
    const all = (await project.run(['plan', '--show-drift'])).stdout
    expect(all.match(/^ {2}\/etc\/new\\x1b\[3\dm {2}was added$/gm)).toHaveLength(5)
    expect(all).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/)
  })

  test('a root file system that is to be written to has none', async () => {
    await declare('    rootfs: copy\n    runtimes: [runc]\n')
    expect((await project.run(['apply'])).status).toBe(0)
    await writeFile(join(rootfs, 'etc/conf'), 'written by the container')
    await writeFile(join(rootfs, 'etc/new'), '')
    expect(await planned()).toMatchObject({ drift: [], steps: [] })
  })

  test('small files and strange folders are drift as well', async () => {
    await writeFile(join(project.folder, 'out/one/config.json'), '{}')
    await mkdir(join(project.folder, 'out/strange'))
    expect((await planned()).drift).toEqual([
      { name: 'one', kind: 'files', what: 'config.json was changed by hand', files: 0, entries: [] },
      { name: 'strange', kind: 'foreign', what: 'was not made by ctrbuild', files: 0, entries: [] },
    ])
    expect((await project.run(['plan'])).stdout).toContain(
      'Note: out/strange was not made by ctrbuild, and is left alone\n',
    )
  })

  test('a saved plan is stale where drift came after it', async () => {
    await declare('    args: [/bin/app, -v]\n')
    expect((await project.run(['plan', '--out', 'plan.json'])).status).toBe(0)
    await writeFile(join(rootfs, 'etc/new'), '')
    expect((await project.run(['apply', 'plan.json'])).status).toBe(3)
  })
})

describe('as root', () => {
  test('another owner, of a folder, a link and an empty file; and of a file, in the store too', async ctx => {
    needs(ctx, 'skopeo')
    if (process.getuid!() !== 0) ctx.skip('only root can give files away')
    const project = await newProject()
    await project.layout.add({ layers: LAYERS, config: { Cmd: ['/bin/app'] } }, 'one')
    await project.write('bundles:\n  one:\n    image: oci:images:one\n')
    await project.run(['apply'])
    const rootfs = join(project.folder, 'out/one/rootfs')
    await chown(join(rootfs, 'tmp'), 1, 1)
    await lchown(join(rootfs, 'etc/link'), 1, 1)
    await chown(join(rootfs, 'etc/empty'), 1, 1)
    await chown(join(rootfs, 'bin/app'), 1, 1)
    const plan = JSON.parse((await project.run(['plan', '--json'])).stdout) as Plan
    expect(plan.drift[0]!.entries.map(({ path, problem }) => `${path} ${problem}`)).toEqual([
      '/bin/app written',
      '/etc/empty owner',
      '/etc/link owner',
      '/tmp owner',
    ])
    expect((await project.run(['apply'])).status).toBe(0)
    expect((await project.run(['plan'])).stdout).toBe('No changes. 1 bundle is up to date.\n')
    expect((await stat(join(rootfs, 'bin/app'))).uid).toBe(0)
  })

  test('copies, where the file system does not link from the store, are looked at one by one', async ctx => {
    needs(ctx, 'skopeo', 'mount', 'unshare')
    if (process.getuid!() !== 0) ctx.skip('only root can mount')
    const project = await newProject()
    await project.layout.add({ layers: LAYERS, config: { Cmd: ['/bin/app'] } }, 'one')
    await project.write('bundles:\n  one:\n    image: oci:images:one\n')
    await mkdir(join(project.folder, 'out'))
    // All in one mount namespace, which takes the file system with it.
    const script = `set -e
      mount -t tmpfs none out
      "$0" "$1" apply >applied 2>&1
      "$0" "$1" plan >before
      printf two >out/one/rootfs/etc/conf
      "$0" "$1" plan --show-drift >drifted
      "$0" "$1" apply >mended 2>&1
      "$0" "$1" plan >after`
    const program = process.env.CTRBUILD_PROGRAM ?? join(import.meta.dirname, '../../dist/ctrbuild.js')
    const ended = await project.tool('unshare', '--mount', 'bash', '-c', script, process.execPath, program)
    expect(ended).toMatchObject({ status: 0 })
    const text = (name: string) => readFile(join(project.folder, name), 'utf8')
    expect(await text('applied')).toMatch(/EXDEV/)
    expect(await text('before')).toMatch(/^No changes/)
    expect(await text('drifted')).toMatch(/^ {2}\/etc\/conf {2}was written to$/m)
    expect(await text('after')).toMatch(/^No changes/)
  })
})

test('content of the same length with its time set back is not seen, as documented', async ctx => {
  needs(ctx, 'skopeo')
  const project = await newProject()
  await project.layout.add({ layers: LAYERS, config: { Cmd: ['/bin/app'] } }, 'one')
  await project.write('bundles:\n  one:\n    image: oci:images:one\n')
  await project.run(['apply'])
  const path = join(project.folder, 'out/one/rootfs/etc/conf')
  const digest = async () =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  const before = await digest()
  await writeFile(path, 'two\n')
  await utimes(path, 0, 0)
  expect(await digest()).not.toBe(before)
  expect((await project.run(['plan'])).stdout).toMatch(/^No changes/)
})
