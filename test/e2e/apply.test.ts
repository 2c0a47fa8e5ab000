/** The main job with the built program: plan, apply, and apply again. */
import { readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { writeTar } from '../support/tar-writer.ts'

const file = (path: string, content: string, mode = 0o644) =>
  ({ path, type: 'file', mode, content: Buffer.from(content) }) as const
const base = writeTar([
  { path: 'etc', type: 'dir' },
  file('etc/passwd', 'root:x:0:0::/root:/bin/sh\nweb:x:33:44::/var/www:/bin/sh\n'),
  file('etc/old', 'old'),
  file('bin/tool', '#!tool', 0o755),
  file('empty', ''),
])
const top = writeTar([file('etc/.wh.old', ''), file('etc/new', 'new')])
const ONE = `bundles:
  one:
    image: oci:images:one
    args: [/bin/tool]
`

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
  await project.layout.add({ layers: [base, top], config: { Cmd: ['/bin/tool'], User: 'web' } }, 'one')
  await project.layout.add({ layers: [base], config: { Cmd: ['/bin/tool'] } }, 'two')
})

describe('apply', () => {
  test('makes a bundle, and nothing the second time', async () => {
    await project.write(ONE)
    const planned = await project.run(['plan'])
    expect(planned).toMatchObject({ status: 0, stderr: '' })
    expect(planned.stdout).toMatch(/^ {2}\+ one {2}new$/m)
    expect(planned.stdout).toMatch(
      /Plan: 1 to create, 0 to update, 0 to remove\. .* 2 layers of 2 to import\./,
    )

    const applied = await project.run(['apply'])
    expect(applied.status).toBe(0)
    expect(applied.stdout).toMatch(/Applied: 1 created, 0 updated, 0 removed/)
    const rootfs = join(project.folder, 'out/one/rootfs')
    expect(await readFile(join(rootfs, 'etc/new'), 'utf8')).toBe('new')
    await expect(stat(join(rootfs, 'etc/old'))).rejects.toThrow('ENOENT')

    const again = await project.run(['apply'])
    expect(again).toMatchObject({ status: 0, stderr: '', stdout: 'No changes. 1 bundle is up to date.\n' })
    expect(await readlink(join(project.folder, 'out/one'))).toBe('.generations/one/1')
    expect((await project.run(['plan', '--detailed-exitcode'])).status).toBe(0)
  })

  test('leaves a repository that ostree finds no fault with', async ctx => {
    needs(ctx, 'ostree')
    await project.write(ONE)
    await project.run(['apply'])
    expect(await project.tool('ostree', 'fsck', '--repo=.ctrbuild/repo')).toMatchObject({ status: 0 })
    const refs = (await project.tool('ostree', 'refs', '--repo=.ctrbuild/repo')).stdout.trim().split('\n')
    expect(refs.filter(ref => /^ociimage\/[0-9a-f]{64}$/.test(ref))).toHaveLength(3)
    expect(refs).toContain('ociimage/oci_3Aimages_3Aone')
  })

  test('links files from the store, but never empty ones, and fixes all times', async () => {
    await project.write(ONE)
    await project.run(['apply'])
    const rootfs = join(project.folder, 'out/one/rootfs')
    expect((await stat(join(rootfs, 'bin/tool'))).nlink).toBe(2)
    expect((await stat(join(rootfs, 'empty'))).nlink).toBe(1)
    for (const path of ['bin', 'bin/tool', 'empty']) expect((await stat(join(rootfs, path))).mtimeMs).toBe(0)
  })

  test('makes a writable rootfs of copies', async () => {
    await project.write(`${ONE}    rootfs: copy\n`)
    await project.run(['apply'])
    const rootfs = join(project.folder, 'out/one/rootfs')
    expect((await stat(join(rootfs, 'bin/tool'))).nlink).toBe(1)
    await writeFile(join(rootfs, 'bin/tool'), 'changed by the container')
    expect(await project.run(['plan'])).toMatchObject({
      status: 0,
      stdout: 'No changes. 1 bundle is up to date.\n',
    })
  })

  test('gives the same tree from the top down as from the bottom up', async () => {
    const rootfs = async (checkout: string) => {
      await project.write(`${ONE}    checkout: ${checkout}\n`)
      await rm(join(project.folder, '.ctrbuild'), { recursive: true, force: true })
      expect((await project.run(['apply'])).status).toBe(0)
      return (await project.tool('tar', '-cf', '-', '--sort=name', '-C', 'out/one/rootfs', '.')).stdout
    }
    expect(await rootfs('union-add')).toBe(await rootfs('union'))
  })

  test('imports a layer that two images share only once', async () => {
    await project.write('bundles:\n  one:\n    image: oci:images:one\n  two:\n    image: oci:images:two\n')
    const { stdout } = await project.run(['plan'])
    expect(stdout).toMatch(/2 layers of 2 to import/)
    await project.run(['apply'])
    const inodes = ['one', 'two'].map(name => stat(join(project.folder, `out/${name}/rootfs/bin/tool`)))
    const [one, two] = await Promise.all(inodes)
    expect(one!.ino).toBe(two!.ino)
  })

  test('says what changed, updates it, and removes what is not declared any more', async () => {
    await project.write(ONE)
    await project.run(['apply'])
    await project.write(ONE.replace('[/bin/tool]', '[/bin/tool, -v]'))
    expect((await project.run(['plan', '--detailed-exitcode'])).status).toBe(2)
    expect((await project.run(['plan'])).stdout).toMatch(/^ {2}~ one {2}args changed$/m)
    expect((await project.run(['apply'])).stdout).toMatch(/0 created, 1 updated/)
    expect(await readlink(join(project.folder, 'out/one'))).toBe('.generations/one/2')
    await project.write('bundles: {}\n')
    expect((await project.run(['plan'])).stdout).toMatch(/^ {2}- one {2}/m)
    expect((await project.run(['apply'])).status).toBe(0)
    await expect(stat(join(project.folder, 'out/one'))).rejects.toThrow('ENOENT')
  })

  test('stacks a list of images', async () => {
    await project.layout.add(
      { layers: [writeTar([file('etc/new', 'newer')])], config: { Cmd: ['/bin/tool'] } },
      'patch',
    )
    await project.write('bundles:\n  one:\n    image: [oci:images:one, oci:images:patch]\n')
    expect((await project.run(['apply'])).status).toBe(0)
    expect(await readFile(join(project.folder, 'out/one/rootfs/etc/new'), 'utf8')).toBe('newer')
  })

  test('mends a script that was changed by hand', async () => {
    await project.write(ONE)
    await project.run(['apply'])
    await writeFile(join(project.folder, 'out/one/run-runc'), '#!/bin/sh\n')
    expect((await project.run(['plan'])).stdout).toMatch(/~ one {2}run-runc was changed by hand/)
    await project.run(['apply'])
    expect((await project.run(['plan'])).stdout).toMatch(/^No changes\./)
  })

  test('limits itself to targets, and says that this is partial', async () => {
    await project.write('bundles:\n  one:\n    image: oci:images:one\n  two:\n    image: oci:images:two\n')
    expect((await project.run(['apply', '--target', 'two'])).status).toBe(0)
    await expect(stat(join(project.folder, 'out/one'))).rejects.toThrow('ENOENT')
    expect((await project.run(['plan', '--target', 'tow'])).stderr).toMatch(/Did you mean two/)
  })
})

describe('a saved plan', () => {
  test('is applied as it was shown', async () => {
    await project.write(ONE)
    await project.run(['plan', '--out', 'plan.json'])
    await project.write(ONE.replace('[/bin/tool]', '[/bin/other]'))
    expect((await project.run(['apply', 'plan.json'])).status).toBe(0)
    const config = JSON.parse(await readFile(join(project.folder, 'out/one/config.json'), 'utf8'))
    expect(config.process.args).toEqual(['/bin/tool'])
  })

  test('is refused when the world has moved', async () => {
    await project.write(ONE)
    await project.run(['plan', '--out', 'plan.json'])
    await project.run(['apply'])
    const stale = await project.run(['apply', 'plan.json'])
    expect(stale.status).toBe(3)
    expect(stale.stderr).toMatch(
      /error PLAN_STALE: plan.json does not fit .*: bundle one is up to date already;/,
    )
  })
})
