/** The main job by a plain user, with the built program. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { leftovers } from '../support/intact.ts'
import { asPlainUser } from '../support/plain-user.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

const dir = (path: string, mode: number): TarInput => ({ path, type: 'dir', mode, uid: 33 })
const file = (path: string, mode: number, content = path): TarInput => ({
  path,
  type: 'file',
  mode,
  gid: 44,
  content: Buffer.from(content),
})

/** What a user cannot write to, read or enter, and what only root can own. */
const LAYER = writeTar([
  dir('shut', 0o000),
  file('shut/inside', 0o644),
  dir('readonly', 0o555),
  dir('readonly/below', 0o500),
  file('readonly/below/file', 0o444),
  file('secret', 0o000),
  file('empty', 0o000, ''),
  file('setuid', 0o4755),
  { path: 'link', type: 'symlink', target: 'secret', uid: 12 },
])

let project: Project
let user: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
  await project.layout.add({ layers: [LAYER], config: { Cmd: ['/setuid'] } }, 'one')
  await declare('')
  user = await asPlainUser(ctx, project)
})

function declare(more: string): Promise<void> {
  return project.write(`bundles:\n  one:\n    image: oci:images:one\n${more}`)
}

test('makes a bundle, nothing the second time, another one, and none', async ctx => {
  expect((await user.run(['plan'])).stdout).toMatch(/bare-user/)
  expect(await user.run(['apply'])).toMatchObject({ status: 0 })
  expect(await user.run(['apply'])).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringMatching(/^No changes/),
  })
  if ((await project.tool('which', 'ostree')).status === 0) {
    expect((await user.tool('ostree', 'config', 'get', '--repo=.ctrbuild/repo', 'core.mode')).stdout).toBe(
      'bare-user\n',
    )
    expect(await user.tool('ostree', 'fsck', '--quiet', '--repo=.ctrbuild/repo')).toMatchObject({ status: 0 })
  } else {
    ctx.annotate('ostree is not installed: its fsck was not asked')
  }
  await declare('    args: [/other]\n')
  expect((await user.run(['apply'])).stdout).toMatch(/0 created, 1 updated/)
  await project.write('bundles: {}\n')
  expect((await user.run(['apply'])).stdout).toMatch(/1 removed/)
  expect(await leftovers(user)).toEqual([])
})

test.each(['readonly', 'copy'])(
  'what an image forbids does not keep its owner from a rootfs that is %s',
  async rootfs => {
    await declare(`    rootfs: ${rootfs}\n`)
    expect(await user.run(['apply'])).toMatchObject({ status: 0 })
    const paths = ['shut/inside', 'readonly/below/file', 'secret', 'link']
    for (const path of paths) expect((await user.tool('cat', `out/one/rootfs/${path}`)).status).toBe(0)
    expect(await readFile(join(project.folder, 'out/one/rootfs/secret'), 'utf8')).toBe('secret')
    // Nobody else may run what is setuid in the image, and here it is not.
    expect((await stat(join(project.folder, 'out/one/rootfs/setuid'))).mode & 0o7000).toBe(0)
    expect((await stat(join(project.folder, 'out/one'))).mode & 0o777).toBe(0o700)
    expect(await user.tool('rm', '-r', 'out', '.ctrbuild')).toMatchObject({ status: 0, stderr: '' })
  },
)

test('a generation that was half made is cleared away, whatever it forbids', async () => {
  await user.run(['apply'])
  await user.tool('cp', '-a', 'out/.generations/one/1', 'out/.generations/one/.unfinished-2')
  await user.tool('chmod', '0', 'out/.generations/one/.unfinished-2/rootfs/readonly')
  await declare('    args: [/other]\n')
  expect(await user.run(['apply'])).toMatchObject({ status: 0 })
  expect(await leftovers(user)).toEqual([])
})

test("root's store is not for others", async ctx => {
  if (process.getuid!() !== 0) ctx.skip('only root has a store of root')
  await project.run(['apply'])
  const refused = await user.run(['apply'])
  expect(refused.stderr).toMatch(/error PERMISSION: .*EACCES.*hint: /s)
  expect(refused.status).toBe(77)
})

test("a user's store is not for root", async ctx => {
  if (process.getuid!() !== 0) ctx.skip('only root can try')
  expect(await user.run(['apply'])).toMatchObject({ status: 0 })
  await declare('    args: [/other]\n')
  const refused = await project.run(['apply'])
  expect(refused.stderr).toMatch(/error REPO_INVALID: .*bare-user.*hint: /s)
  expect(refused.status).toBe(65)
  expect((await user.run(['apply'])).status).toBe(0)
})
