/** What went wrong with `atomic`, done with the built program: docs/why-not-atomic.md names each of these tests. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { asPlainUser } from '../support/plain-user.ts'
import { needs, needsRoot } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { exported, file } from '../support/system-images.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

let project: Project
let rootfs: string
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
  rootfs = join(project.folder, 'out/one/rootfs')
})

const dir = (path: string, mode = 0o755): TarInput => ({ path, type: 'dir', mode })
const link = (path: string, target: string): TarInput => ({ path, type: 'symlink', target })

/** An image of some layers, under a tag, and a bundles.yaml that names it. */
async function image(
  tag: string,
  layers: readonly (readonly TarInput[])[],
  config: object = {},
): Promise<void> {
  await project.layout.add({ layers: layers.map(writeTar), config: { Cmd: ['/x'], ...config } }, tag)
}

async function apply(tag: string, keys = ''): Promise<{ status: number | undefined; stderr: string }> {
  const more = keys.replace(/^(?=.)/gm, '    ')
  await project.write(`bundles:\n  one:\n    image: oci:images:${tag}\n    runtimes: [runc]\n${more}\n`)
  return project.run(['apply', '--no-locked'])
}

const install = (...args: string[]) => project.run(['install', '--root', 'root', ...args])

describe('layers', () => {
  test('a file of a lower layer becomes a folder', async () => {
    await image('a', [[file('x', 'file')], [dir('x'), file('x/y', 'inside')]])
    expect((await apply('a')).status).toBe(0)
    expect(readFileSync(join(rootfs, 'x/y'), 'utf8')).toBe('inside')
  })

  test('a folder of a lower layer becomes a file', async () => {
    await image('a', [[dir('x'), file('x/y', 'inside')], [file('x', 'file')]])
    expect((await apply('a')).status).toBe(0)
    expect(readFileSync(join(rootfs, 'x'), 'utf8')).toBe('file')
  })

  test('a symlink of a lower layer that becomes a folder leads nothing out of the rootfs', async () => {
    const outside = join(project.folder, 'outside')
    mkdirSync(outside)
    await image('a', [[link('x', outside)], [dir('x'), file('x/pwned', 'pwned')]])
    expect((await apply('a')).status).toBe(0)
    expect(readdirSync(outside)).toEqual([])
    expect(readFileSync(join(rootfs, 'x/pwned'), 'utf8')).toBe('pwned')
  })

  test('mode and owner of a folder are those of the topmost layer that has it', async () => {
    await image('a', [[dir('x', 0o700), file('x/y', '')], [{ ...dir('x', 0o751), uid: 7 }]])
    expect((await apply('a')).status).toBe(0)
    const { mode, uid } = statSync(join(rootfs, 'x'))
    expect({ mode: mode & 0o7777, uid }).toEqual({ mode: 0o751, uid: process.getuid!() === 0 ? 7 : uid })
  })

  test('a whiteout takes away what is below, and never what its own layer brings', async () => {
    const names = ['-x', '+x', 'z']
    await image('a', [
      names.map(name => file(`d/${name}`, 'old')),
      names.flatMap(name => [file(`d/${name}`, 'new'), file(`d/.wh.${name}`, '')]),
    ])
    expect((await apply('a')).status).toBe(0)
    expect(names.map(name => readFileSync(join(rootfs, 'd', name), 'utf8'))).toEqual(['new', 'new', 'new'])
  })

  test('what an upper layer changes or takes away does not come back in any of the views of an image', async () => {
    await image('a', [
      [file('etc/keep', 'v1'), file('etc/gone', 'x')],
      [file('etc/keep', 'v2'), file('etc/.wh.gone', '')],
    ])
    for (const checkout of ['union', 'union-add']) {
      expect((await apply('a', `checkout: ${checkout}\nenv: { A: ${checkout} }`)).status).toBe(0)
      expect(readFileSync(join(rootfs, 'etc/keep'), 'utf8')).toBe('v2')
      expect(existsSync(join(rootfs, 'etc/gone'))).toBe(false)
    }
  })
})

describe('generations', () => {
  test('nothing of an older generation shows in a newer one', async () => {
    for (const version of ['1', '2', '3', '4']) {
      await image(version, [[file(`only-in-${version}`, version), file('same', 'same')]])
      expect((await apply(version)).status).toBe(0)
      // Somebody writes into the folder of the generation.
      await writeFile(join(rootfs, `by-hand-${version}`), '')
      expect(
        readdirSync(rootfs)
          .filter(name => /only|by-hand/.test(name))
          .sort(),
      ).toEqual([`by-hand-${version}`, `only-in-${version}`])
    }
  })

  test('a service that cannot be made leaves nothing behind, and what was there stays', async () => {
    const service = (text: string) => [[file('exports/service.template', text)]]
    await image('good', service('[Service]\nExecStart=$EXEC_START\n'))
    await image('bad', service('[Service]\nExecStart=$NOPE\n'))
    expect(await apply('bad', 'system: true')).toMatchObject({
      status: 65,
      stderr: expect.stringContaining('/exports/service.template:2:11: the variable NOPE has no value'),
    })
    expect(existsSync(join(project.folder, 'out/one'))).toBe(false)
    expect((await apply('good', 'system: true')).status).toBe(0)
    const current = readlinkSync(join(project.folder, 'out/one'))
    expect((await apply('bad', 'system: true')).status).toBe(65)
    expect(readlinkSync(join(project.folder, 'out/one'))).toBe(current)
    expect(readdirSync(join(project.folder, 'out/.generations/one'))).toEqual([current.split('/').at(-1)])
  })

  test('an image without a service rolls back, files of the host too', async ctx => {
    needsRoot(ctx)
    mkdirSync(join(project.folder, 'root'))
    const at = (version: string) => [
      [
        file('exports/manifest.json', '{"noContainerService": true, "installedFilesTemplate": ["/etc/t"]}'),
        file('exports/hostfs/etc/t', `$NAME ${version}`),
        file(`exports/hostfs/etc/v${version}`, ''),
      ],
    ]
    for (const version of ['1', '2']) {
      await image(version, at(version))
      expect((await apply(version, 'system: true')).status).toBe(0)
      expect((await install()).status).toBe(0)
    }
    expect((await project.run(['rollback', 'one'])).status).toBe(0)
    expect((await install()).status).toBe(0)
    const etc = join(project.folder, 'root/etc')
    expect(readdirSync(etc).sort()).toEqual(['t', 'v1'])
    expect(await readFile(join(etc, 't'), 'utf8')).toBe('one 1')
  })
})

describe('configuration', () => {
  test('without a config.json of its own, an image runs as it says itself', async () => {
    const run = { Entrypoint: ['/entry'], Cmd: ['arg'], Env: ['A=b'], WorkingDir: '/w', User: '5:6' }
    await image('a', [[file('entry', '', 0o755)]], { ...run, Labels: { 'atomic.type': 'system' } })
    expect((await apply('a')).status).toBe(0)
    const { process: made } = JSON.parse(await readFile(join(project.folder, 'out/one/config.json'), 'utf8'))
    expect(made).toMatchObject({ args: ['/entry', 'arg'], cwd: '/w', terminal: false })
    if (process.getuid!() === 0) expect(made.user).toMatchObject({ uid: 5, gid: 6 })
    expect(made.env).toContain('A=b')
  })

  test("ids of a user's container are mapped once, groups by the group", async ctx => {
    await image('a', [[...exported('flannel', 'config.json.template', 'service.template', 'manifest.json')]])
    await project.write(
      'bundles:\n  one:\n    image: oci:images:a\n    system: true\n    runtimes: [runc]\n    set: { ETCD_SERVICE: e }\n',
    )
    const user = await asPlainUser(ctx, project)
    expect(await user.run(['apply'])).toMatchObject({ status: 0 })
    const { linux } = JSON.parse(await readFile(join(project.folder, 'out/one/config.json'), 'utf8'))
    const { uid, gid } = statSync(join(project.folder, 'out'))
    expect(linux.uidMappings).toEqual([{ containerID: 0, hostID: uid, size: 1 }])
    expect(linux.gidMappings).toEqual([{ containerID: 0, hostID: gid, size: 1 }])
    const unit = await readFile(join(project.folder, 'out/one/system/one.service'), 'utf8')
    expect(unit.match(/^WantedBy=.*$/gm)!.slice(-2)).toEqual(['WantedBy=', 'WantedBy=default.target'])
  })
})
