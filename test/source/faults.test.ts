import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { lockedImage } from '../../src/lock/locked-image.ts'
import { digestOf } from '../../src/oci/digest.ts'
import { skopeoSource } from '../../src/source/skopeo.ts'
import { type FaultyRegistry, startFaultyRegistry } from '../support/faulty-registry.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type BuiltImage, newLayout } from '../support/image.ts'
import { imageSpec } from '../support/lock.ts'
import { remember } from '../support/observer.ts'
import { problemOf } from '../support/problem.ts'
import { needs } from '../support/programs.ts'
import { writeTar } from '../support/tar-writer.ts'

const never = new AbortController().signal
const folder = await temporaryFolder()
let registry: FaultyRegistry
let image: BuiltImage
/** The other image of the tag `moves`. */
let other: BuiltImage
let tags: Record<string, string>

beforeAll(async () => {
  const layout = await newLayout(join(folder, 'layout'))
  const layers = ['a', 'b'].map(path => writeTar([{ path, type: 'file', content: randomBytes(500_000) }]))
  image = await layout.add({ layers })
  other = await layout.add({ layers: layers.slice(1), config: { Cmd: ['/other'] } })
  tags = { '1': image.manifest.digest, moves: image.manifest.digest }
  registry = await startFaultyRegistry(layout.folder, tags)
})

afterAll(() => registry.stop())

beforeEach(ctx => {
  registry.fault = () => false
  registry.asked.length = 0
  needs(ctx, 'skopeo')
})

async function setUp(patience = 60_000, tag = '1') {
  const base = await mkdtemp(join(folder, 'base-'))
  const blobs = join(base, 'blobs')
  const retries: number[] = []
  const waits: number[] = []
  const source = skopeoSource({
    blobs,
    base,
    patience,
    delay: async () => {},
    onRetry(_image, _error, attempt, milliseconds) {
      retries.push(attempt)
      waits.push(milliseconds)
    },
  })
  const spec = imageSpec(`${registry.host}/app:${tag}`, undefined, true)
  const locked = lockedImage(await source.resolve(spec, never), spec)
  return { source, spec, locked, blobs, retries, waits }
}

/** Command lines of processes that name some text. */
async function processesNaming(text: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter(name => /^[0-9]+$/.test(name))
  const lines = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter(line => line.includes(text))
}

test('a tag that moves between two questions is one image or the other', async () => {
  const { source, spec } = await setUp(undefined, 'moves')
  for (let i = 0; i < 6; i++) {
    registry.fault = what => {
      if (what === 'moves')
        tags.moves = (tags.moves === image.manifest.digest ? other : image).manifest.digest
      return false
    }
    const { manifest, config } = await source.resolve(spec, never)
    const found = [image, other].find(({ manifest: { digest } }) => digest === manifest.digest)!
    expect(config.digest).toBe(found.config.digest)
    expect(digestOf(config.bytes)).toBe(found.config.digest)
  }
})

test('a configuration that cannot be had at once is asked for by digest', async () => {
  const { source, spec } = await setUp()
  let refused = 0
  registry.fault = (what, response) =>
    what === image.config.digest && refused++ === 0 && Boolean(response.writeHead(404).end())
  expect((await source.resolve(spec, never)).config.digest).toBe(image.config.digest)
  expect(refused).toBe(2)
})

test('a registry out of order is asked four times in all', async () => {
  const { source, spec, retries } = await setUp()
  registry.fault = (_what, response) => Boolean(response.writeHead(503).end())
  expect(await problemOf(() => source.resolve(spec, never))).toContain('SOURCE_UNAVAILABLE')
  expect(retries).toEqual([1, 2, 3])
})

test('a registry that is asked too often says when to come back, and gets that time', async () => {
  const { source, spec, retries } = await setUp()
  const times: number[] = []
  registry.fault = (what, response) => {
    if (what !== '1') return false
    times.push(performance.now())
    if (times.at(-1)! - times[0]! > 900) return false
    return Boolean(
      response.writeHead(429, { 'retry-after': '1' }).end('{"errors":[{"code":"TOOMANYREQUESTS"}]}'),
    )
  }
  expect((await source.resolve(spec, never)).manifest.digest).toBe(image.manifest.digest)
  // Manifest and configuration are asked for at once, and neither again before it is time.
  expect(times.filter(time => time - times[0]! <= 900)).toHaveLength(2)
  // That was skopeo's doing.
  expect(retries).toEqual([])
})

test('a registry that goes on being asked too often is left alone for longer each time', async () => {
  const { source, spec, waits } = await setUp()
  registry.fault = (what, response) =>
    what === '1' &&
    Boolean(response.writeHead(429, { 'retry-after': '0' }).end('{"errors":[{"code":"TOOMANYREQUESTS"}]}'))
  expect(await problemOf(() => source.resolve(spec, never))).toMatch(
    /^SOURCE_UNAVAILABLE: .* is asked too often/,
  )
  expect(waits).toHaveLength(3)
  for (const [i, wait] of waits.entries()) {
    expect(wait).toBeGreaterThanOrEqual(2500 * 2 ** i)
    expect(wait).toBeLessThanOrEqual(5000 * 2 ** i)
  }
})

test('a registry that wants credentials is asked once', async () => {
  const { source, spec, retries } = await setUp()
  registry.fault = (what, response) =>
    what !== '' && Boolean(response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED"}]}'))
  expect(await problemOf(() => source.resolve(spec, never))).toContain('REGISTRY_DENIED')
  expect(retries).toEqual([])
})

test('bytes that are not those of the pinned digest are refused', async () => {
  const { source } = await setUp()
  const digest = digestOf('something else')
  registry.fault = (what, response) =>
    what === digest &&
    Boolean(response.writeHead(200, { 'content-type': image.manifest.mediaType }).end('{"schemaVersion":2}'))
  const pinned = imageSpec(`${registry.host}/app@${digest}`, undefined, true)
  expect(await problemOf(() => source.resolve(pinned, never))).toContain('DIGEST_MISMATCH')
})

test("Docker's schema 1 is refused", async () => {
  const { source, spec } = await setUp()
  const type = 'application/vnd.docker.distribution.manifest.v1+json'
  const old = JSON.stringify({ schemaVersion: 1, name: 'app', tag: '1', fsLayers: [], history: [] })
  registry.fault = (what, response) =>
    what === '1' && Boolean(response.writeHead(200, { 'content-type': type }).end(old))
  expect(await problemOf(() => source.resolve(spec, never))).toContain('schema 1')
})

test('a layer that is cut short is fetched again, and the others are not', async () => {
  const { source, spec, locked, retries } = await setUp()
  const [whole, cut] = locked.layers.map(layer => layer.digest)
  let cuts = 0
  registry.fault = (what, response, content) => {
    if (what !== cut || cuts++ > 0) return false
    response.writeHead(200, { 'content-length': content!.length })
    // The other layer is complete long before the connection breaks.
    response.write(content!.subarray(0, 1000), () => setTimeout(() => response.destroy(), 300))
    return true
  }
  const told = remember()
  registry.asked.length = 0
  await source.fetch(spec, locked, locked.layers, told, never)
  expect(told.layers).toEqual([whole, cut])
  expect(retries.length + registry.asked.filter(what => what === cut).length).toBeGreaterThan(1)
  expect(registry.asked.filter(what => what === whole)).toHaveLength(1)
})

test('a layer of other bytes never arrives', async () => {
  const { source, spec, locked } = await setUp()
  const [bad] = locked.layers
  registry.fault = (what, response, content) =>
    what === bad!.digest && Boolean(response.end(Buffer.alloc(content!.length)))
  const told = remember()
  expect(await problemOf(() => source.fetch(spec, locked, locked.layers, told, never))).toContain(
    'DIGEST_MISMATCH',
  )
  expect(told.layers).not.toContain(bad!.digest)
})

test('an abort ends the fetch and skopeo at once, and leaves what was complete', async () => {
  const { source, spec, locked, blobs } = await setUp()
  const [stuck, whole] = locked.layers
  registry.fault = (what, response, content) => {
    if (what !== stuck!.digest) return false
    response.writeHead(200, { 'content-length': content!.length }).write(content!.subarray(0, 1000))
    return true
  }
  const abort = new AbortController()
  const told = remember(() => abort.abort(new Error('enough')))
  const begun = performance.now()
  await expect(source.fetch(spec, locked, locked.layers, told, abort.signal)).rejects.toThrow('enough')
  expect(performance.now() - begun).toBeLessThan(4000)
  expect(await processesNaming(`${registry.host}/app`)).toEqual([])
  expect(told.layers).toEqual([whole!.digest])
  expect(await readdir(blobs)).toEqual(['sha256'])
})

test('whoever waits for a layer takes over when its fetch is given up', async () => {
  const { source, spec, locked } = await setUp()
  const [stuck] = locked.layers
  const abort = new AbortController()
  let asks = 0
  registry.fault = (what, response, content) => {
    if (what !== stuck!.digest || asks++ > 0) return false
    response.writeHead(200, { 'content-length': content!.length }).write(content!.subarray(0, 1000))
    setTimeout(() => abort.abort(new Error('enough')), 100)
    return true
  }
  const told = remember()
  const first = source.fetch(spec, locked, [stuck!], remember(), abort.signal)
  const second = source.fetch(spec, locked, [stuck!], told, never)
  await expect(first).rejects.toThrow('enough')
  await second
  expect(told.layers).toEqual([stuck!.digest])
  expect(asks).toBe(2)
})

test('a registry that stops sending is given up and asked again', async () => {
  const { source, spec, locked, retries } = await setUp(400)
  const [stuck] = locked.layers
  let asks = 0
  registry.fault = (what, response, content) => {
    if (what !== stuck!.digest || asks++ > 0) return false
    response.writeHead(200, { 'content-length': content!.length }).write(content!.subarray(0, 1000))
    return true
  }
  const told = remember()
  await source.fetch(spec, locked, locked.layers, told, never)
  expect(told.layers).toHaveLength(2)
  expect(retries).toEqual([1])
})

test('what a killed fetch left behind is removed, and what another one uses is not', async () => {
  const { source, spec, locked, blobs } = await setUp()
  // No process has the number of the largest one and more.
  const left = [`fetch-${2 ** 30}-gone`, `fetch-${process.pid}-here`]
  for (const name of left) await mkdir(join(blobs, name, 'blobs'), { recursive: true })
  await source.fetch(spec, locked, locked.layers, remember(), never)
  expect((await readdir(blobs)).sort()).toEqual([left[1], 'sha256'])
})
