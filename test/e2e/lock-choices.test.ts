/** Which images `ctrbuild lock` asks for, and what it says about them. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type FaultyRegistry, startFaultyRegistry } from '../support/faulty-registry.ts'
import type { BuiltImage } from '../support/image.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { writeTar } from '../support/tar-writer.ts'

let project: Project
let registry: FaultyRegistry
let images: readonly BuiltImage[]
const tags: Record<string, string> = {}

beforeAll(async () => {
  project = await newProject()
  const layers = ['1', '2', '3'].map(path => [writeTar([{ path, type: 'file', content: Buffer.from(path) }])])
  images = await Promise.all(layers.map(one => project.layout.add({ layers: one, config: { Cmd: ['/x'] } })))
  registry = await startFaultyRegistry(project.layout.folder, tags)
})
afterAll(() => registry.stop())
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  for (const [i, tag] of ['a', 'b', 'c'].entries()) tags[tag] = images[i]!.manifest.digest
  await declare('a', 'b')
  await rm(lockPath(), { force: true })
  expect((await project.run(['lock'])).status).toBe(0)
  registry.asked.length = 0
})

const lockPath = () => join(project.folder, 'bundles.lock.json')
const lockText = () => readFile(lockPath(), 'utf8')
const name = (tag: string) => `${registry.host}/app:${tag}`
const asked = () => [...new Set(registry.asked)].filter(what => /^[abc]$/.test(what)).sort()

/** A bundle for each tag, of an image with the tag's name. */
function declare(...declared: readonly string[]): Promise<void> {
  const all = declared.map(tag => `  ${tag}: { image: '${name(tag)}', insecure: true }\n`)
  const bundles = declared.map(tag => `  ${tag}: { image: ${tag} }\n`)
  return project.write(`images:\n${all.join('')}bundles:\n${bundles.join('')}`)
}

test('what is locked is not asked for, and its entry stays byte for byte', async () => {
  const before = JSON.parse(await lockText())
  tags.a = images[2]!.manifest.digest
  await declare('a', 'b', 'c')
  const { stdout } = await project.run(['lock'])
  expect(stdout).toMatch(
    /^\+ \S+app:c \(\S+\) sha256:\w{12}\n\n.*: 1 added, 0 moved, 0 removed, 2 unchanged\.\n$/,
  )
  expect(asked()).toEqual(['c'])
  const text = await lockText()
  for (const entry of before.images)
    expect(text).toContain(JSON.stringify(entry, undefined, 2).replaceAll('\n', '\n    '))
})

test('what bundles.yaml does not name any more goes', async () => {
  await declare('b')
  expect((await project.run(['lock'])).stdout).toMatch(
    /^- \S+app:a .*\n\n.*: 0 added, 0 moved, 1 removed, 1 un/,
  )
  expect(asked()).toEqual([])
})

test('--upgrade asks for all, or for what is named: by a name from images, or by a reference', async () => {
  for (const tag of ['a', 'b']) tags[tag] = images[2]!.manifest.digest
  const moved = (text: string) => [...text.matchAll(/^~ \S+app:(\w) /gm)].map(match => match[1])
  expect(moved((await project.run(['lock', '--upgrade', 'a'])).stdout)).toEqual(['a'])
  expect(asked()).toEqual(['a'])
  tags.a = images[1]!.manifest.digest
  expect(moved((await project.run(['lock', '--upgrade', name('b')])).stdout)).toEqual(['b'])
  expect(moved((await project.run(['lock', '--upgrade'])).stdout)).toEqual(['a'])
})

test('an image that is named alone is locked alone', async () => {
  await declare('a', 'b', 'c')
  expect((await project.run(['lock', 'a'])).stdout).toMatch(/up to date/)
  expect((await project.run(['lock', '--check'])).status).toBe(3)
  expect((await project.run(['lock', 'c'])).stdout).toMatch(/^\+ /)
  expect((await project.run(['lock', '--check'])).status).toBe(0)
})

test.each([
  [['d'], /bundles.yaml has no image "d"/],
  [['127.0.0.1/other'], /bundles.yaml has no image/],
  [['--check', '--upgrade'], /--check asks nobody/],
])('lock %j is a mistake', async (args, message) => {
  const { status, stderr } = await project.run(['lock', ...args])
  expect(status).toBe(64)
  expect(stderr).toMatch(message)
})

test('--check asks nobody, changes nothing, and says what would change', async () => {
  expect(await project.run(['lock', '--check'])).toEqual({ status: 0, stdout: '', stderr: '' })
  await declare('a', 'c')
  const before = await lockText()
  const { status, stdout, stderr } = await project.run(['lock', '--check'])
  expect(status).toBe(3)
  expect(stdout).toMatch(
    /^\+ \S+app:c \(\S+\) is not locked\n- \S+app:b \(\S+\) is locked, but not in bundles.yaml\n$/,
  )
  expect(stderr).toMatch(
    /^error LOCK_OUTDATED: .*app:c is not locked; \S+app:b is in it without need\n {2}hint: /,
  )
  expect((await project.run(['lock', '--check', 'a'])).status).toBe(0)
  expect(await lockText()).toBe(before)
  expect(registry.asked).toEqual([])
})

test('line ends, comments, order of keys and style do not matter to the lock', async () => {
  const before = await lockText()
  const inode = (await stat(lockPath())).ino
  const other = `# comment
bundles:
  b:
    "image": b # the same
  a: { image: [ 'a' ] }
images:
  b:
    insecure: true
    image: ${name('b')}
  a: { insecure: true, image: "${name('a')}" }
kind: Bundles
apiVersion: ctrbuild/v1
`.replaceAll('\n', '\r\n')
  await writeFile(join(project.folder, 'bundles.yaml'), other)
  expect((await project.run(['lock', '--check'])).status).toBe(0)
  await project.run(['lock'])
  expect((await stat(lockPath())).ino).toBe(inode)
  await project.run(['lock', '--upgrade'])
  expect(await lockText()).toBe(before)
  await writeFile(lockPath(), before.replaceAll('\n', '\r\n'))
  expect((await project.run(['plan', '--locked'])).status).toBe(0)
})

test("a bot's pull request that only moves a pin passes --locked and --check", async () => {
  const pin = (i: number) =>
    project.write(
      `images:\n  a:\n    image: ${name('a')}@${images[i]!.manifest.digest}\n    insecure: true\nbundles:\n  a: { image: a }\n`,
    )
  await pin(0)
  await project.run(['lock', '--upgrade'])
  await pin(1)
  for (const args of [['lock', '--check'], ['plan', '--locked'], ['apply']])
    expect(await project.run(args, { CI: 'true' })).toMatchObject({
      status: 0,
      stderr: expect.not.stringMatching(/LOCK/),
    })
  // Nothing has to be asked any more.
  registry.asked.length = 0
  expect((await project.run(['plan', '--frozen'])).stdout).toMatch(/^No changes/)
  expect(registry.asked).toEqual([])
})

test('--frozen neither changes a lock nor asks a registry', async () => {
  await declare('c')
  expect((await project.run(['plan', '--frozen'])).stderr).toMatch(/^error LOCK_OUTDATED/)
  expect((await project.run(['lock', '--offline'])).stderr).toMatch(/^error OFFLINE/)
  await declare('a', 'b')
  await project.run(['plan', '--frozen'])
  expect((await project.run(['apply', '--frozen'])).stderr).toMatch(/OFFLINE/)
  expect(registry.asked).toEqual([])
})

test('JSON for programs', async () => {
  tags.a = images[2]!.manifest.digest
  const { changes } = JSON.parse((await project.run(['lock', '--upgrade', '--json'])).stdout)
  expect(changes).toMatchObject([
    {
      action: 'move',
      reference: name('a'),
      before: { manifest: images[0]!.manifest.digest },
      after: { manifest: images[2]!.manifest.digest },
    },
    { action: 'keep', reference: name('b') },
  ])
  await declare('c')
  expect(JSON.parse((await project.run(['lock', '--check', '--json'])).stdout)).toMatchObject({
    kind: 'outdated',
    missing: [{ reference: name('c') }],
  })
})
