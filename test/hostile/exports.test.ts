/** What an image's /exports may try on the host that it is applied on. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { needs, needsRoot } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { file } from '../support/system-images.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
})

const link = (path: string, target: string): TarInput => ({ path, type: 'symlink', target })

async function apply(members: readonly TarInput[], keys = 'system: true') {
  await project.layout.add({ layers: [writeTar(members)], config: { Cmd: ['/x'] } }, 'it')
  await project.write(`bundles:\n  it:\n    image: oci:images:it\n    runtimes: [runc]\n    ${keys}\n`)
  return project.run(['apply'])
}

const made = (path: string) => readFileSync(join(project.folder, 'out/it', path), 'utf8')

describe('links', () => {
  /** A folder of the host with what an image would like to have read. */
  function secrets(): string {
    const folder = join(project.folder, 'secrets')
    mkdirSync(folder)
    for (const name of ['service.template', 'config.json', 'manifest.json'])
      writeFileSync(join(folder, name), '{ "secret": 1 }')
    return folder
  }

  test('exports that are a link to a folder of the host are none', async () => {
    expect(await apply([link('exports', secrets())])).toMatchObject({ status: 0 })
    expect(made('system/it.service')).toContain('made by ctrbuild')
    expect(made('config.json')).not.toContain('secret')
  })

  test('a template that is a link to a file of the host is none', async () => {
    const folder = secrets()
    const names = ['service.template', 'config.json', 'manifest.json']
    expect(await apply(names.map(name => link(`exports/${name}`, join(folder, name))))).toMatchObject({
      status: 0,
    })
    expect(made('system/it.service')).not.toContain('secret')
    expect(made('config.json')).not.toContain('secret')
  })

  test('exports that are a link inside the image are followed', async () => {
    const members = [
      link('exports', '../../srv/e'),
      file('srv/e/service.template', '[Service]\nExecStart=$EXEC_START\n# here\n'),
    ]
    expect(await apply(members)).toMatchObject({ status: 0 })
    expect(made('system/it.service')).toContain('# here')
  })

  test('a file of the host is never written through a link that another one of the image puts there', async ctx => {
    needsRoot(ctx)
    mkdirSync(join(project.folder, 'root/etc'), { recursive: true })
    const victim = join(project.folder, 'victim')
    mkdirSync(victim)
    const members = [link('exports/hostfs/etc/d', victim), file('exports/hostfs/etc/d2/x', 'x')]
    const manifest = file('exports/manifest.json', '{"renameFiles": {"/etc/d2": "/etc/d"}}')
    expect(await apply([...members, manifest])).toMatchObject({
      status: 65,
      stderr: expect.stringContaining('/etc/d of the host would be a file and a folder'),
    })
    expect(existsSync(join(victim, 'x'))).toBe(false)
  })
})

describe('too much of it', () => {
  test.each<[string, () => readonly TarInput[], string]>([
    [
      'a template of more than 1 MiB',
      () => [file('exports/service.template', Buffer.alloc((1 << 20) + 1, 'x'))],
      'ROOTFS_INVALID',
    ],
    [
      'a file for the host of more than 64 MiB',
      () => [file('exports/hostfs/x', Buffer.alloc((64 << 20) + 1))],
      'EXPORTS_INVALID',
    ],
    [
      'more than 1000 files for the host',
      () => Array.from({ length: 1001 }, (_, i) => file(`exports/hostfs/${i}`, '')),
      'EXPORTS_INVALID',
    ],
    [
      'a config.json of 100,000 brackets',
      () => [file('exports/config.json', '['.repeat(100_000))],
      'TEMPLATE_INVALID',
    ],
    ['a name with a line break', () => [file('exports/hostfs/etc/a\nb', '')], 'EXPORTS_INVALID'],
    ['a name that is not UTF-8', () => [file('exports/hostfs/etc/\xff', '')], 'EXPORTS_INVALID'],
    ['a name that drives the terminal', () => [file('exports/hostfs/\x1b[2J', '')], 'EXPORTS_INVALID'],
  ])('%s is refused', async (_, members, code) => {
    const { status, stderr } = await apply(members())
    expect(status).toBe(65)
    expect(stderr).toContain(code)
    expect(stderr).not.toMatch(/[\x00-\x09\x0b-\x1f]/)
    expect(existsSync(join(project.folder, 'out/it'))).toBe(false)
  })
})

test('no file of an image becomes setuid on the host', async ctx => {
  needsRoot(ctx)
  expect(
    await apply([file('exports/hostfs/usr/bin/su2', 'x', 0o6755)], 'scope: system\n    system: true'),
  ).toMatchObject({ status: 0 })
  mkdirSync(join(project.folder, 'root'))
  expect((await project.run(['install', '--root', 'root'])).status).toBe(0)
  const { stdout } = await project.tool('stat', '-c', '%a', 'root/usr/bin/su2')
  expect(stdout).toBe('755\n')
})

test('what is no system container has nothing read of its exports', async () => {
  expect(await apply([file('exports/config.json', 'garbage')], 'args: [/x]')).toMatchObject({ status: 0 })
  expect(existsSync(join(project.folder, 'out/it/system'))).toBe(false)
})
