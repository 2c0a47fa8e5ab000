/** `ctrbuild fmt` with the built program. */
import { chmod, lstat, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'

const UGLY = 'bundles: { one: { image: "x.test/i:1" } } # one\r\nkind: Bundles\r\napiVersion: ctrbuild/v1\r\n'
const GOOD = 'apiVersion: ctrbuild/v1\nkind: Bundles\nbundles: # one\n  one:\n    image: x.test/i:1\n'

let project: Project
let file: string
beforeEach(async () => {
  project = await newProject()
  file = join(project.folder, 'bundles.yaml')
  await writeFile(file, UGLY)
})
const read = () => readFile(file, 'utf8')

test('writes the file, and names it; a second time there is nothing to do', async () => {
  expect(await project.run(['fmt'])).toEqual({ status: 0, stdout: 'bundles.yaml\n', stderr: '' })
  expect(await read()).toBe(GOOD)
  expect(await project.run(['fmt'])).toEqual({ status: 0, stdout: '', stderr: '' })
  expect(await project.run(['fmt', '--check'])).toEqual({ status: 0, stdout: '', stderr: '' })
})

test('--check changes nothing and ends with 3', async () => {
  const { status, stdout, stderr } = await project.run(['fmt', '--check'])
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
  expect(stderr).toMatch(/^error FORMAT_DIFFERS: bundles.yaml is not in canonical form\n/)
  expect(await read()).toBe(UGLY)
})

test('--diff changes nothing, and what it prints is what patch takes', async ctx => {
  needs(ctx, 'patch')
  const { status, stdout } = await project.run(['fmt', '--diff'])
  expect(status).toBe(0)
  expect(await read()).toBe(UGLY)
  await writeFile(join(project.folder, 'fmt.diff'), stdout)
  expect(await project.tool('patch', '--binary', '-p1', '-i', 'fmt.diff')).toMatchObject({ status: 0 })
  expect(await read()).toBe(GOOD)
  expect((await project.run(['fmt', '--check', '--diff'])).status).toBe(0)
})

test('permissions stay, and so does a link', async () => {
  await chmod(file, 0o640)
  await rename(file, join(project.folder, 'real.yaml'))
  await symlink('real.yaml', file)
  await project.run(['fmt'])
  expect((await lstat(file)).isSymbolicLink()).toBe(true)
  expect((await stat(file)).mode & 0o777).toBe(0o640)
  expect(await read()).toBe(GOOD)
})

test('what is no YAML is shown, and stays', async () => {
  await writeFile(file, 'a: [\n')
  const { status, stderr } = await project.run(['fmt'])
  expect(status).toBe(65)
  expect(stderr).toMatch(/^bundles.yaml:1:4: error YAML_INVALID/)
  expect(await read()).toBe('a: [\n')
})
