/** A large layer is imported while its blob arrives; whatever goes wrong then, the whole blob decides. */
import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FaultyRegistry, startFaultyRegistry } from '../support/faulty-registry.ts'
import type { BuiltImage } from '../support/image.ts'
import { leftovers } from '../support/intact.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { randomOf } from '../support/random.ts'
import { writeTar } from '../support/tar-writer.ts'

/** Twelve files of a megabyte that do not compress: enough for it to pay. */
const FILES = Array.from({ length: 12 }, (_, i) => ({
  path: `file${i}`,
  type: 'file' as const,
  mode: 0o644,
  content: Buffer.from(randomOf(i + 1).bytes(1 << 20)),
}))

let project: Project
let registry: FaultyRegistry
let image: BuiltImage
let digest: string
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
  const small = writeTar([{ path: 'small', type: 'file', content: Buffer.from('small') }])
  image = await project.layout.add({ layers: [writeTar(FILES), small], config: { Cmd: ['/x'] } })
  digest = image.layers[0]!.digest
  registry = await startFaultyRegistry(project.layout.folder, { '1': image.manifest.digest })
  await project.write(
    `images:\n  app: { image: '${registry.host}/app:1', insecure: true }\nbundles:\n  one: { image: app }\n`,
  )
})
afterEach(() => registry?.stop())

function spans(): string[] {
  const { traceEvents } = JSON.parse(readFileSync(join(project.folder, 'trace.json'), 'utf8'))
  return traceEvents.map(({ name }: { name: string }) => name)
}

async function expectWhole(): Promise<void> {
  for (const { path, content } of FILES)
    expect(readFileSync(join(project.folder, 'out/one/rootfs', path)).equals(content)).toBe(true)
  expect(readFileSync(join(project.folder, 'out/one/rootfs/small'), 'utf8')).toBe('small')
  expect((await project.tool('ostree', 'fsck', '--repo=.ctrbuild/repo')).status).toBe(0)
}

/** Files of a megabyte that are staged so far. */
async function staged(): Promise<number> {
  const find = ['find', '.ctrbuild/repo/tmp', '-name', '*.file', '-size', '1024k'] as const
  return (await project.tool(...find)).stdout.split('\n').filter(Boolean).length
}

test('what has arrived is in the store before the rest comes', async ctx => {
  needs(ctx, 'ostree')
  let before = 0
  registry.fault = (what, response, content) => {
    if (what !== digest) return false
    response.writeHead(200, { 'content-length': content!.length }).write(content!.subarray(0, 8 << 20))
    const rest = async () => {
      while (before < 5) {
        await sleep(20)
        before = await staged()
      }
      response.end(content!.subarray(8 << 20))
    }
    rest()
    return true
  }
  expect(await project.run(['apply', '--trace', 'trace.json'])).toMatchObject({ status: 0 })
  expect(before).toBeGreaterThanOrEqual(5)
  expect(spans()).toContain('import as it arrives')
  expect(spans().filter(name => name === 'inflate')).toHaveLength(1)
  await expectWhole()
})

/** Another nine files of a megabyte. */
const MORE = FILES.slice(0, 9).map((file, i) => ({
  ...file,
  path: `more${i}`,
  content: Buffer.from(randomOf(i + 101).bytes(1 << 20)),
}))

/** Serves the beginning of a blob at once, and the rest when so many files are staged. */
function holdBack(content: Buffer, response: ServerResponse, beginning: number, files: number): void {
  response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, beginning))
  const rest = async () => {
    while ((await staged()) < files) await sleep(20)
    response.end(content.subarray(beginning))
  }
  rest()
}

/** An image of two large layers under the same tag; gives the second one's digest. */
async function serveTwoLarge(): Promise<string> {
  const config = { Cmd: ['/x'] }
  const { layers, manifest } = await project.layout.add({ layers: [writeTar(FILES), writeTar(MORE)], config })
  await registry.stop()
  registry = await startFaultyRegistry(project.layout.folder, { '1': manifest.digest })
  await project.write(
    `images:\n  app: { image: '${registry.host}/app:1', insecure: true }\nbundles:\n  one: { image: app }\n`,
  )
  return layers[1]!.digest
}

async function expectBoth(): Promise<void> {
  for (const { path, content } of [...FILES, ...MORE])
    expect(readFileSync(join(project.folder, 'out/one/rootfs', path)).equals(content)).toBe(true)
  expect((await project.tool('ostree', 'fsck', '--repo=.ctrbuild/repo')).status).toBe(0)
}

test('whose blob it is may show when it is complete', async ctx => {
  needs(ctx, 'ostree')
  const other = await serveTwoLarge()
  registry.fault = (what, response, content) => {
    if (what !== digest && what !== other) return false
    // The larger one comes when much of the smaller one has been read.
    holdBack(content!, response, what === other ? 8 << 20 : 10, 5)
    return true
  }
  expect(await project.run(['apply', '--trace', 'trace.json'])).toMatchObject({ status: 0 })
  expect(spans().filter(name => name === 'inflate')).toHaveLength(2)
  await expectBoth()
})

test('a blob that comes slowly keeps no other from its turn', async ctx => {
  needs(ctx, 'ostree')
  const other = await serveTwoLarge()
  registry.fault = (what, response, content) => {
    if (what !== digest && what !== other) return false
    // The first one ends only when all of the second one has been read, which begins when much of the first one has.
    if (what === digest) holdBack(content!, response, 8 << 20, 5 + MORE.length)
    else holdBack(content!, response, 10, 5)
    return true
  }
  expect((await project.run(['apply', '--jobs', '1'])).status).toBe(0)
  await expectBoth()
})

test('a download that breaks off and begins again', async ctx => {
  needs(ctx, 'ostree')
  let broken = 0
  registry.fault = (what, response, content) => {
    if (what !== digest || broken > 0) return false
    response.writeHead(200, { 'content-length': content!.length }).write(content!.subarray(0, 8 << 20))
    const breakOff = async () => {
      while ((await staged()) < 2) await sleep(20)
      broken += 1
      response.destroy()
    }
    breakOff()
    return true
  }
  expect(await project.run(['apply', '--trace', 'trace.json'])).toMatchObject({ status: 0 })
  expect(broken).toBe(1)
  await expectWhole()
})

test('bytes that turn out to be others at the end', async () => {
  registry.fault = (what, response, content) => {
    if (what !== digest) return false
    const wrong = Buffer.from(content!)
    wrong.fill(0, wrong.length - 100_000)
    response.writeHead(200, { 'content-length': wrong.length }).write(wrong.subarray(0, 8 << 20))
    const rest = async () => {
      while ((await staged()) < 2) await sleep(20)
      response.end(wrong.subarray(8 << 20))
    }
    rest()
    return true
  }
  const { status, stderr } = await project.run(['apply'])
  expect({ status, stderr }).toMatchObject({ status: 65, stderr: expect.stringContaining('DIGEST_MISMATCH') })
  expect(await leftovers(project)).toEqual([])
  registry.fault = () => false
  expect((await project.run(['apply'])).status).toBe(0)
})

test('a registry that is gone in the middle', async () => {
  registry.fault = (what, response, content) => {
    if (what !== digest) return false
    response.writeHead(200, { 'content-length': content!.length }).write(content!.subarray(0, 8 << 20))
    const breakOff = async () => {
      while ((await staged()) < 2) await sleep(20)
      registry.fault = (_, other) => Boolean(other.writeHead(503).end())
      response.destroy()
    }
    breakOff()
    return true
  }
  const { status, stderr } = await project.run(['apply'])
  expect({ status, stderr }).toMatchObject({
    status: 69,
    stderr: expect.stringContaining('SOURCE_UNAVAILABLE'),
  })
  expect(await leftovers(project)).toEqual([])
})
