/** Images in an OSTree repository that others made: `image: ostree:NAME[@/REPO]`. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { BuiltImage } from '../support/image.ts'
import { contentOf } from '../support/intact.ts'
import { commitImage, type Odd } from '../support/ostree-transport.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

const NAME = 'docker.io/library/etcd:3'
const file = (path: string, content: string, mode = 0o644): TarInput => ({
  path,
  type: 'file',
  mode,
  content: Buffer.from(content),
})
const LAYERS = [
  writeTar([
    { path: 'etc', type: 'dir' },
    file('etc/old', 'old'),
    file('etc/kept', 'kept', 0o600),
    { path: 'data', type: 'dir', mode: 0o750 },
    file('data/hidden', 'hidden'),
    file('bin/tool', '#!tool', 0o4755),
    { path: 'bin/link', type: 'symlink', target: 'tool' },
  ]),
  writeTar([
    file('etc/.wh.old', ''),
    { path: 'data', type: 'dir', mode: 0o750 },
    file('data/.wh..wh..opq', ''),
    file('data/new', 'new'),
  ]),
]

let project: Project
let image: BuiltImage
beforeEach(async ctx => {
  needs(ctx, 'skopeo', 'ostree')
  project = await newProject()
  image = await project.layout.add(
    { layers: LAYERS, config: { Cmd: ['/bin/tool'], Labels: { a: 'b' } } },
    'one',
  )
})

const mode = process.getuid!() === 0 ? 'bare' : 'bare-user'

async function stored(repo: string, odd: Odd = {}): Promise<void> {
  await project.tool('mkdir', '-p', repo)
  await project.tool('ostree', 'init', `--repo=${repo}`, `--mode=${mode}`)
  await commitImage(project, repo, NAME, image, LAYERS, odd)
}

async function applied(reference: string): Promise<string> {
  await project.write(`bundles:\n  one: { image: "${reference}" }\n`)
  const { status, stderr } = await project.run(['apply'])
  expect(status, stderr).toBe(0)
  return treeOf()
}

/** The rootfs, config.json and scripts, but not what they were made from. */
async function treeOf(): Promise<string> {
  const { stdout } = await project.tool(
    'sh',
    '-c',
    'cd out/one/ && tar --create --sort=name --numeric-owner --exclude=./ctrbuild.json . | tar --list --verbose --numeric-owner --full-time && sha256sum config.json rootfs/*/*',
  )
  return stdout.replace(/^(\S+ \S+ +\d+ )\S+ \S+( \.\/[^/]*)$/gm, '$1$2')
}

async function rootfsRef(): Promise<string> {
  const { stdout } = await project.tool(
    'ostree',
    'refs',
    '--repo=.ctrbuild/repo',
    '--list',
    'ctrbuild/rootfs',
  )
  return stdout.trim()
}

async function lock(): Promise<{
  images: { manifest: { digest: string }; layers: { digest: string; diffId: string }[] }[]
}> {
  return JSON.parse(await readFile(join(project.folder, 'bundles.lock.json'), 'utf8'))
}

test('with what tar-split kept, they are the images that they were', async () => {
  await stored('old', { split: true })
  const fromOstree = await applied(`ostree:${NAME}@${project.folder}/old`)
  const [locked] = (await lock()).images
  expect(locked!.manifest.digest).toBe(image.manifest.digest)
  expect(locked!.layers.map(layer => layer.diffId)).toEqual(image.diffIds)
  expect((await project.tool('ostree', 'fsck', '--repo=.ctrbuild/repo')).status).toBe(0)
  await project.tool('rm', '-rf', '.ctrbuild', 'out', 'bundles.lock.json')
  expect(await applied('oci:images:one')).toBe(fromOstree)
})

test('what a plain user imported has its owners and modes again', async () => {
  await stored('old', { split: true, isPlain: true })
  const mangled = await project.tool(
    'ostree',
    'ls',
    '--repo=old',
    `ociimage/${image.layers[0]!.digest.slice(7)}`,
    '/bin/tool',
  )
  expect(mangled.stdout).toMatch(/^-00755 1000 1000 /)
  await applied(`ostree:${NAME}@${project.folder}/old`)
  const shown = await project.tool('ostree', 'ls', '--repo=.ctrbuild/repo', await rootfsRef(), '/bin/tool')
  expect(shown.stdout).toMatch(/^-04755 0 0 /)
})

test('without what tar-split kept, that is told', async () => {
  await stored('old', { isPlain: true })
  await project.write(`bundles:\n  one: { image: "ostree:${NAME}@${project.folder}/old" }\n`)
  const { status, stderr } = await project.run(['apply'])
  expect(status).toBe(0)
  expect(stderr).toMatch(
    /OWNERS_LOST.* belongs to uid 1000, who imported it: owners, setuid and attributes are lost/,
  )
})

test('without, they have the same files, and the lock pins what the repository has', async () => {
  await stored('old')
  const fromOstree = await applied(`ostree:${NAME}@${project.folder}/old`)
  expect(fromOstree).toContain('./rootfs/data/new')
  expect(fromOstree).not.toMatch(/\.wh\.|old|hidden/)
  const first = await lock()
  expect(first.images[0]!.manifest.digest).not.toBe(image.manifest.digest)
  // Made anew, in another store, it is the same.
  await project.tool('rm', '-rf', '.ctrbuild', 'out')
  expect(await project.run(['apply', '--locked'])).toMatchObject({ status: 0 })
  expect(await treeOf()).toBe(fromOstree)
  expect(await lock()).toEqual(first)
  await project.tool('rm', '-rf', '.ctrbuild', 'out', 'bundles.lock.json')
  expect(await applied('oci:images:one')).toBe(fromOstree)
})

test('a repository can be the store, whose images need no path', async () => {
  await stored('.ctrbuild/repo', { split: true })
  const before = (await project.tool('ostree', 'refs', '--repo=.ctrbuild/repo')).stdout.trim().split('\n')
  await applied(`ostree:${NAME}`)
  const after = (await project.tool('ostree', 'refs', '--repo=.ctrbuild/repo')).stdout.trim().split('\n')
  expect(after).toEqual(expect.arrayContaining(before))
  expect((await project.tool('ostree', 'fsck', '--repo=.ctrbuild/repo')).status).toBe(0)
  const content = await contentOf(project)
  expect(await project.run(['plan', '--detailed-exitcode'])).toMatchObject({ status: 0 })
  expect(await contentOf(project)).toBe(content)
})

test.each<[string, Odd, number, RegExp]>([
  ['a manifest of another digest', { digest: `sha256:${'0'.repeat(64)}` }, 65, /DIGEST_MISMATCH/],
  ['no configuration', { withoutConfig: true }, 65, /IMAGE_NOT_FOUND.*does not have the configuration/],
  ['a tar-split of something else', { splitOf: writeTar([file('etc/kept', 'kept')]) }, 65, /DIFFID_MISMATCH/],
  [
    'a tar-split of files that are not there',
    { splitOf: writeTar([file('etc/none', 'none')]) },
    65,
    /OBJECT_DAMAGED/,
  ],
])('%s is refused', async (_, odd, status, message) => {
  await stored('old', odd)
  await project.write(`bundles:\n  one: { image: "ostree:${NAME}@${project.folder}/old" }\n`)
  const ended = await project.run(['apply'])
  expect({ status: ended.status, stderr: ended.stderr }).toMatchObject({
    status,
    stderr: expect.stringMatching(message),
  })
  expect((await project.tool('ls', 'out')).stdout).not.toContain('one')
})

test('an image that is not there is an error that says how to see which are', async () => {
  await stored('old')
  await project.write(`bundles:\n  one: { image: "ostree:etcd@${project.folder}/old" }\n`)
  const { status, stderr } = await project.run(['plan'])
  expect({ status, stderr }).toMatchObject({
    status: 65,
    stderr: expect.stringContaining(`there is no image etcd:latest in ${project.folder}/old`),
  })
})
