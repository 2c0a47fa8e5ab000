import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { lockedImage } from '../../src/lock/locked-image.ts'
import type { LockedImage } from '../../src/lock/types.ts'
import { digestOf, hexOf } from '../../src/oci/digest.ts'
import { skopeoSource } from '../../src/source/skopeo.ts'
import type { ImageSource } from '../../src/source/types.ts'
import type { ImageSpec } from '../../src/spec/types.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type BuiltImage, newLayout } from '../support/image.ts'
import { imageSpec } from '../support/lock.ts'
import { names, remember } from '../support/observer.ts'
import { problemOf } from '../support/problem.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { freePort, type Registry, startRegistry } from '../support/registry.ts'
import { writeTar } from '../support/tar-writer.ts'

const signal = new AbortController().signal
const folder = await temporaryFolder()
let registry: Registry
let three: BuiltImage
let two: BuiltImage
let arm: BuiltImage

beforeAll(async () => {
  if (!isInstalled('skopeo') || !isInstalled('docker-registry')) return
  registry = await startRegistry()
  const layout = await newLayout(join(folder, 'layout'))
  const [base, middle, top, other] = ['base', 'middle', 'top', 'other'].map(tarOf)
  three = await layout.add({ layers: [base!, middle!, top!], config: { Cmd: ['sh'] } }, 'three')
  two = await layout.add({ layers: [base!, other!] }, 'two')
  arm = await layout.add({ layers: [other!], architecture: 'arm64', variant: 'v8' })
  await layout.addIndex([three, arm], 'index')
  for (const tag of ['three', 'two'])
    await layout.copyTo(tag, `docker://${registry.host}/app:${tag}`, '--dest-tls-verify=false')
  await layout.copyTo('index', `docker://${registry.host}/multi:1`, '--dest-tls-verify=false', '--all')
})

afterAll(() => registry?.stop())

beforeEach(ctx => needs(ctx, 'skopeo', 'docker-registry'))

/** 300 kB that do not compress. */
function tarOf(name: string): Buffer {
  return writeTar([{ path: name, type: 'file', content: randomBytes(300_000) }])
}

/** An image in the registry. */
function at(name: string, platform?: string): ImageSpec {
  return imageSpec(`${registry.host}/${name}`, platform, true)
}

async function newSource(): Promise<{ source: ImageSource; blobs: string }> {
  const base = await mkdtemp(join(folder, 'base-'))
  const blobs = join(base, '.ctrbuild/blobs')
  return { source: skopeoSource({ blobs, base, delay: async () => {} }), blobs }
}

async function locked(source: ImageSource, image: ImageSpec): Promise<LockedImage> {
  return lockedImage(await source.resolve(image, signal), image)
}

/** The layers whose blobs were asked for since `act` began. */
async function fetchedDuring(act: () => Promise<unknown>): Promise<readonly string[]> {
  const before = (await registry.requests()).length
  await act()
  const asked = (await registry.requests()).slice(before)
  return asked.flatMap(line => /GET .*\/blobs\/(sha256:\w+)/.exec(line)?.[1] ?? []).sort()
}

test('a tag leads to manifest and configuration, and nothing is written', async () => {
  const { source, blobs } = await newSource()
  const resolved = await source.resolve(at('app:three'), signal)
  expect(resolved).toMatchObject({ index: undefined, manifest: { digest: three.manifest.digest } })
  expect(digestOf(resolved.manifest.bytes)).toBe(three.manifest.digest)
  expect(digestOf(resolved.config.bytes)).toBe(three.config.digest)
  await expect(stat(blobs)).rejects.toThrow('ENOENT')
})

test('an index leads to the manifest of the platform', async () => {
  const { source } = await newSource()
  const amd = await source.resolve(at('multi:1'), signal)
  expect(amd.manifest.digest).toBe(three.manifest.digest)
  expect(digestOf(amd.index!.bytes)).toBe(amd.index!.digest)
  expect((await source.resolve(at('multi:1', 'linux/arm64'), signal)).manifest.digest).toBe(
    arm.manifest.digest,
  )
  expect(await problemOf(() => source.resolve(at('multi:1', 'linux/s390x'), signal))).toMatch(
    /^PLATFORM_MISSING: .*multi:1 has nothing for linux\/s390x, only for linux\/amd64, linux\/arm64\/v8$/,
  )
})

test('an image may be pinned to its index or its manifest, with a tag or without', async () => {
  const { source } = await newSource()
  const { index } = await source.resolve(at('multi:1'), signal)
  for (const name of [
    `multi:1@${index!.digest}`,
    `multi@${index!.digest}`,
    `multi:1@${three.manifest.digest}`,
  ]) {
    expect((await source.resolve(at(name), signal)).manifest.digest).toBe(three.manifest.digest)
  }
})

test('what is not there is said to be not there', async () => {
  const { source } = await newSource()
  for (const name of ['app:nope', 'nope:1', `app@${digestOf('nope')}`]) {
    expect(await problemOf(() => source.resolve(at(name), signal))).toMatch(
      /^IMAGE_NOT_FOUND: image 127.*there is no such image/,
    )
  }
})

test('a registry without TLS needs to be called insecure', async () => {
  const { source } = await newSource()
  const image = { ...at('app:three'), insecure: false }
  await expect(source.resolve(image, signal)).rejects.toMatchObject({
    code: 'SOURCE_UNAVAILABLE',
    hint: expect.stringContaining('insecure: true'),
  })
})

test('a registry that is down is asked again, with longer and longer waits', async () => {
  const waits: number[] = []
  const retried: string[] = []
  const source = skopeoSource({
    blobs: join(folder, 'none'),
    base: folder,
    delay: async milliseconds => void waits.push(milliseconds),
    onRetry: (image, _error, attempt) => retried.push(`${image.reference.tag} ${attempt}`),
  })
  const image = imageSpec(`127.0.0.1:${await freePort()}/app:1`, undefined, true)
  await expect(source.resolve(image, signal)).rejects.toMatchObject({
    code: 'SOURCE_UNAVAILABLE',
    exitStatus: 69,
  })
  expect(retried).toEqual(['1 1', '1 2', '1 3'])
  expect(waits.map((wait, i) => wait >= 250 * 2 ** i && wait <= 500 * 2 ** i)).toEqual([true, true, true])
})

test('all layers arrive, and each is told of once', async () => {
  const { source, blobs } = await newSource()
  const image = at('app:three')
  const entry = await locked(source, image)
  const told = remember()
  await source.fetch(image, entry, entry.layers, told, signal)
  expect(told.layers.toSorted()).toEqual(three.layers.map(layer => layer.digest).sort())
  for (const path of told.paths) expect(digestOf(await readFile(path))).toBe(`sha256:${path.slice(-64)}`)
  expect(told.bytes.at(-1)).toBe(three.layers.reduce((sum, layer) => sum + layer.size, 0))
  expect(told.bytes).toEqual(told.bytes.toSorted((a, b) => a - b))
  expect(await readdir(blobs)).toEqual(['sha256'])
})

test('a layer that is not wanted is not fetched, nor is there anything by its name', async () => {
  const { source, blobs } = await newSource()
  const image = at('app:three')
  const entry = await locked(source, image)
  const [base, middle, top] = entry.layers
  const fetched = await fetchedDuring(() => source.fetch(image, entry, [base!, top!], remember(), signal))
  expect(fetched).toEqual([base!.digest, top!.digest, entry.config.digest].sort())
  expect(await readdir(join(blobs, 'sha256'))).not.toContain(hexOf(middle!.digest))
})

test('a blob of an earlier run is used, and one of another size is fetched anew', async () => {
  const { source, blobs } = await newSource()
  const image = at('app:three')
  const entry = await locked(source, image)
  await source.fetch(image, entry, entry.layers, remember(), signal)
  const told = remember()
  const again = () => source.fetch(image, entry, entry.layers, told, signal)
  expect(await fetchedDuring(again)).toEqual([])
  expect(told.layers).toEqual(entry.layers.map(layer => layer.digest))

  const cut = entry.layers[1]!.digest
  await rm(join(blobs, 'sha256', hexOf(cut)))
  await writeFile(join(blobs, 'sha256', hexOf(cut)), 'cut')
  expect(await fetchedDuring(again)).toContain(cut)
  expect((await stat(join(blobs, 'sha256', hexOf(cut)))).size).toBe(entry.layers[1]!.size)
})

test('a layer that two images miss is fetched once, and told to both', async () => {
  const { source } = await newSource()
  const images = [at('app:three'), at('app:two')]
  const entries = await Promise.all(images.map(image => locked(source, image)))
  const told = images.map(() => remember())
  const fetched = await fetchedDuring(() =>
    Promise.all(
      images.map((image, i) => source.fetch(image, entries[i]!, entries[i]!.layers, told[i]!, signal)),
    ),
  )
  expect(fetched.filter(digest => digest === three.layers[0]!.digest)).toHaveLength(1)
  expect(names(told[0]!)).toEqual(three.layers.map(layer => hexOf(layer.digest)).sort())
  expect(names(told[1]!)).toEqual(two.layers.map(layer => hexOf(layer.digest)).sort())
})

test('nothing wanted is nothing done', async () => {
  const { source, blobs } = await newSource()
  const image = at('app:three')
  await source.fetch(image, await locked(source, image), [], remember(), signal)
  await expect(stat(blobs)).rejects.toThrow('ENOENT')
})
