import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { lockedImage } from '../../src/lock/locked-image.ts'
import { digestOf, hexOf } from '../../src/oci/digest.ts'
import { skopeoSource } from '../../src/source/skopeo.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type BuiltImage, type Layout, newLayout } from '../support/image.ts'
import { imageSpec } from '../support/lock.ts'
import { names, remember } from '../support/observer.ts'
import { problemOf } from '../support/problem.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { writeTar } from '../support/tar-writer.ts'

/** Images of this machine's user are none of a test's business. */
const STORAGE = (folder: string) => `[storage]
driver = "vfs"
graphroot = "${folder}/graph"
runroot = "${folder}/run"
`

const signal = new AbortController().signal
// skopeo ends a path at the first colon; a folder with one must not matter.
const base = join(await temporaryFolder(), 'a:b')
let layout: Layout
let amd: BuiltImage
let arm: BuiltImage

beforeAll(async () => {
  if (!isInstalled('skopeo')) return
  layout = await newLayout(join(base, 'images'))
  const layers = ['a', 'b', 'c'].map(path => writeTar([{ path, type: 'file', content: randomBytes(50_000) }]))
  amd = await layout.add({ layers }, 'one')
  arm = await layout.add({ layers: layers.slice(1), architecture: 'arm64', variant: 'v8' })
  await layout.addIndex([amd, arm], 'multi')
  await layout.copyTo('one', 'docker-archive:../docker.tar:app:1')
  await layout.copyTo('one', 'oci-archive:../oci.tar:one')
  await layout.copyTo('one', 'dir:../dir')
  await layout.copyTo('multi', 'oci-archive:../multi.tar:multi', '--all')
  await layout.copyTo('multi', 'dir:../multidir', '--all')
  await writeFile(join(base, 'storage.conf'), STORAGE(join(base, '../storage')))
  vi.stubEnv('CONTAINERS_STORAGE_CONF', join(base, 'storage.conf'))
})

beforeEach(ctx => needs(ctx, 'skopeo'))

async function setUp(text: string, platform?: string) {
  const blobs = join(await mkdtemp(join(base, 'store-')), 'blobs')
  const source = skopeoSource({ blobs, base })
  return { source, image: imageSpec(text, platform), blobs }
}

const COMPRESSED = () => amd.layers.map(layer => hexOf(layer.digest)).sort()
const TARS = () => amd.diffIds.map(hexOf).sort()

test.each([
  ['oci:images:one', COMPRESSED],
  ['oci:images:multi', COMPRESSED],
  ['oci-archive:oci.tar', COMPRESSED],
  ['oci-archive:oci.tar:one', COMPRESSED],
  ['oci-archive:multi.tar:multi', COMPRESSED],
  ['docker-archive:docker.tar', TARS],
  ['docker-archive:docker.tar:app:1', TARS],
  ['dir:dir', COMPRESSED],
  ['dir:multidir', COMPRESSED],
])('%s is resolved and fetched', async (text, blobNames) => {
  const { source, image, blobs } = await setUp(text)
  const resolved = await source.resolve(image, signal)
  expect(digestOf(resolved.config.bytes)).toBe(amd.config.digest)
  const locked = lockedImage(resolved, image)
  expect(locked.layers.map(layer => layer.diffId)).toEqual(amd.diffIds)

  const told = remember()
  await source.fetch(image, locked, locked.layers.slice(1), told, signal)
  expect(told.layers.toSorted()).toEqual(
    locked.layers
      .slice(1)
      .map(layer => layer.digest)
      .sort(),
  )
  await source.fetch(image, locked, locked.layers, told, signal)
  expect([...new Set(names(told))]).toEqual(blobNames())
  for (const path of told.paths) expect(digestOf(await readFile(path))).toBe(`sha256:${path.slice(-64)}`)
  expect(await readdir(blobs)).toEqual(['sha256'])
})

test('containers-storage:app:1 is resolved and fetched', async ctx => {
  if (process.getuid?.() !== 0) ctx.skip('a plain user needs a user namespace of its own for it')
  await layout.copyTo('one', 'containers-storage:app:1')
  const { source, image } = await setUp('containers-storage:app:1')
  const locked = lockedImage(await source.resolve(image, signal), image)
  expect(locked.manifest.digest).toBe(amd.manifest.digest)
  const told = remember()
  await source.fetch(image, locked, locked.layers.slice(1), told, signal)
  expect(names(told)).toEqual(amd.diffIds.slice(1).map(hexOf).sort())
  const pinned = imageSpec(`containers-storage:app:1@${locked.manifest.digest}`)
  expect((await source.resolve(pinned, signal)).config.digest).toBe(amd.config.digest)
})

test.each(['oci:images:multi', 'oci-archive:multi.tar:multi', 'dir:multidir'])(
  '%s has an image for each platform',
  async text => {
    const { source, image } = await setUp(text, 'linux/arm64')
    const resolved = await source.resolve(image, signal)
    expect(resolved.manifest.digest).toBe(arm.manifest.digest)
    expect(resolved.config.digest).toBe(arm.config.digest)
    const locked = lockedImage(resolved, image)
    const told = remember()
    await source.fetch(image, locked, locked.layers, told, signal)
    expect(names(told)).toEqual(arm.layers.map(layer => hexOf(layer.digest)).sort())
    const other = await setUp(text, 'linux/s390x')
    expect(await problemOf(() => source.resolve(other.image, signal))).toContain('PLATFORM_MISSING')
  },
)

test.each([
  'oci:images:nope',
  'oci:nope:one',
  'oci:images',
  'oci-archive:nope.tar',
  'oci-archive:oci.tar:nope',
  'oci-archive:images',
  'docker-archive:nope.tar',
  'docker-archive:images',
  'docker-archive:images:app:1',
  'docker-archive:docker.tar:app:nope',
  'dir:nope',
  'containers-storage:nope',
])('%s is not there', async text => {
  const { source, image } = await setUp(text)
  expect(await problemOf(() => source.resolve(image, signal))).toMatch(
    new RegExp(`^IMAGE_NOT_FOUND: image ${text}:`),
  )
})

test('an archive that is cut short is not asked for again', async () => {
  const retries: number[] = []
  await layout.copyTo('one', 'oci-archive:../cut.tar:one')
  await truncate(join(base, 'cut.tar'), (await stat(join(base, 'cut.tar'))).size - 60_000)
  const source = skopeoSource({
    blobs: join(base, 'cut'),
    base,
    onRetry: (_i, _e, attempt) => retries.push(attempt),
  })
  expect(await problemOf(() => source.resolve(imageSpec('oci-archive:cut.tar:one'), signal))).toContain(
    'IMAGE_INVALID',
  )
  expect(retries).toEqual([])
})

test("a layout's blobs are linked, not copied", async () => {
  const { source, image } = await setUp('oci:images:one')
  const locked = lockedImage(await source.resolve(image, signal), image)
  const told = remember()
  await source.fetch(image, locked, locked.layers, told, signal)
  expect((await stat(told.paths[0]!)).nlink).toBeGreaterThan(1)
})

test("a layout's blob of another size is refused, and a layout that changed is said to have", async () => {
  const folder = await newLayout(join(base, 'changing'))
  const built = await folder.add(
    { layers: [writeTar([{ path: 'x', type: 'file', content: Buffer.from('x') }])] },
    't',
  )
  const { source, image } = await setUp('oci:changing:t')
  const locked = lockedImage(await source.resolve(image, signal), image)
  const blob = join(folder.folder, 'blobs/sha256', hexOf(built.layers[0]!.digest))
  await truncate(blob, 5)
  const fetching = () => source.fetch(image, locked, locked.layers, remember(), signal)
  expect(await problemOf(fetching)).toMatch(/^DIGEST_MISMATCH: layer .* has 5 bytes/)
  await rm(blob)
  expect(await problemOf(fetching)).toContain('IMAGE_NOT_FOUND')
  await mkdir(blob)
  expect(await problemOf(() => source.resolve(image, signal))).toBe('nothing wrong')
})
