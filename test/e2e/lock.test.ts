/** The lock with the built program and a real registry. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { isInstalled, needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { writeTar } from '../support/tar-writer.ts'

const layer = (content: string) =>
  writeTar([{ path: 'version', type: 'file', mode: 0o644, content: Buffer.from(content) }])

let registry: Registry
let project: Project
beforeAll(async () => {
  if (isInstalled('docker-registry')) registry = await startRegistry()
})
afterAll(() => registry?.stop())
beforeEach(async ctx => {
  needs(ctx, 'skopeo', 'docker-registry')
  project = await newProject()
  await push('1')
  await declare(`${registry.host}/app:stable`)
})

async function push(version: string): Promise<string> {
  const image = await project.layout.add(
    { layers: [layer(version)], config: { Cmd: ['/version'] } },
    `v${version}`,
  )
  await project.layout.copyTo(
    `v${version}`,
    `docker://${registry.host}/app:stable`,
    '--dest-tls-verify=false',
  )
  return image.manifest.digest
}

async function declare(image: string): Promise<void> {
  await project.write(`images:
  app:
    image: ${image}
    insecure: true
bundles:
  app:
    image: app
`)
}

const installed = () => readFile(join(project.folder, 'out/app/rootfs/version'), 'utf8')

test('a locked tag may move: the locked image is what is applied, until the lock is made again', async () => {
  expect((await project.run(['lock'])).stdout).toMatch(/^\+ .*app:stable \(linux\/\w+\) sha256:/)
  await push('2')
  expect((await project.run(['apply'], { CI: 'true' })).status).toBe(0)
  expect(await installed()).toBe('1')
  expect((await project.run(['plan'])).stdout).toMatch(/^No changes/)
  expect((await project.run(['lock'])).stdout).toMatch(/^bundles.lock.json is up to date: 1 image\./)
  expect((await project.run(['lock', '--upgrade'])).stdout).toMatch(
    /^~ .*app:stable \(.*\) sha256:\w{12} -> sha256:\w{12}\n\nbundles.lock.json: 0 added, 1 moved, /,
  )
  expect((await project.run(['plan'])).stdout).toMatch(
    /~ app {2}image .*app:stable moved sha256:\w+ -> sha256:\w+/,
  )
  await project.run(['apply'])
  expect(await installed()).toBe('2')
})

test('without a lock CI changes nothing', async () => {
  for (const args of [['plan'], ['apply']]) {
    const refused = await project.run(args, { CI: 'true' })
    expect(refused.status).toBe(3)
    expect(refused.stderr).toMatch(/error LOCK_MISSING: .*app:stable is not locked/)
  }
  expect((await project.tool('ls', '-A')).stdout).toBe('bundles.yaml\nimages\n')
})

test('a lock for other images is out of date', async () => {
  await project.run(['lock'])
  await declare(`${registry.host}/app:other`)
  const refused = await project.run(['apply', '--locked'])
  expect(refused.status).toBe(3)
  expect(refused.stderr).toMatch(/error LOCK_OUTDATED/)
})

test('an image that is pinned in bundles.yaml needs no lock', async () => {
  const digest = await push('3')
  await push('4')
  await declare(`${registry.host}/app:stable@${digest}`)
  expect((await project.run(['apply', '--locked'])).status).toBe(0)
  expect(await installed()).toBe('3')
})

test('a lock is written the same way whatever is there already', async () => {
  await project.run(['lock'])
  const first = await readFile(join(project.folder, 'bundles.lock.json'), 'utf8')
  await rm(join(project.folder, 'bundles.lock.json'))
  await project.run(['apply'])
  expect(await readFile(join(project.folder, 'bundles.lock.json'), 'utf8')).toBe(first)
})

test('a lock with merge conflicts says where', async () => {
  await project.run(['lock'])
  const text = await readFile(join(project.folder, 'bundles.lock.json'), 'utf8')
  await writeFile(join(project.folder, 'bundles.lock.json'), text.replace('{\n', '{\n<<<<<<< ours\n'))
  const refused = await project.run(['plan'])
  expect(refused.status).toBe(65)
  expect(refused.stderr).toMatch(/error LOCK_INVALID: .*bundles.lock.json:2:1: there is a merge conflict/)
})

test('with a lock and the layers in the store no registry is needed', async () => {
  await project.run(['apply'])
  const before = (await registry.requests()).length
  await rm(join(project.folder, 'out'), { recursive: true })
  expect(await project.run(['apply', '--offline'])).toMatchObject({ status: 0 })
  expect(await installed()).toBe('1')
  const asked = (await registry.requests()).slice(before).filter(request => request.includes('app'))
  expect(asked).toEqual([])
})

test('offline, an image that was never here is an error of its own', async () => {
  const refused = await project.run(['apply', '--offline'])
  expect(refused.status).toBe(69)
  expect(refused.stderr).toMatch(/error OFFLINE/)
})
