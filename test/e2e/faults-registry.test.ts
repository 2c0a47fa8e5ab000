/** Registries that do not do as they should, with the built program. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../src/oci/digest.ts'
import { type FaultyRegistry, startFaultyRegistry } from '../support/faulty-registry.ts'
import type { BuiltImage } from '../support/image.ts'
import { leftovers } from '../support/intact.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { writeTar } from '../support/tar-writer.ts'

const tar = (content: string) =>
  writeTar([{ path: 'version', type: 'file', mode: 0o644, content: Buffer.from(content) }])

let project: Project
let registry: FaultyRegistry
let first: BuiltImage
let second: BuiltImage
let third: BuiltImage
beforeAll(async () => {
  project = await newProject()
  first = await project.layout.add({ layers: [tar('1')], config: { Cmd: ['/version'] } })
  second = await project.layout.add({ layers: [tar('2')], config: { Cmd: ['/version'] } })
  third = await project.layout.add({ layers: [tar('3')], config: { Cmd: ['/version'] } })
  const tags = { '1': first.manifest.digest, '2': second.manifest.digest, '9': third.manifest.digest }
  registry = await startFaultyRegistry(project.layout.folder, tags)
})
afterAll(() => registry.stop())
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  registry.fault = () => false
  await declare('app:1')
  expect((await project.run(['apply'])).status).toBe(0)
  registry.asked.length = 0
})

function declare(name: string): Promise<void> {
  const image = `${registry.host}/${name}`
  return project.write(
    `images:\n  app: { image: '${image}', insecure: true }\nbundles:\n  one: { image: app }\n`,
  )
}

async function refused(status: number, code: string): Promise<void> {
  const ended = await project.run(['apply'])
  expect(ended.stderr).toMatch(new RegExp(`\\b${code}: .*(\\n.*)*hint: `))
  expect(ended.status).toBe(status)
  expect(await readFile(join(project.folder, 'out/one/rootfs/version'), 'utf8')).toBe('1')
  expect(await leftovers(project)).toEqual([])
}

test('that is out of order is asked again, and then given up', async () => {
  await declare('app:2')
  registry.fault = (_what, response) => Boolean(response.writeHead(503).end())
  await refused(69, 'SOURCE_UNAVAILABLE')
  expect(registry.asked.length).toBeGreaterThanOrEqual(4)
  // Nothing was resolved: the lock names the image that is there.
  expect(await readFile(join(project.folder, 'bundles.lock.json'), 'utf8')).toContain('app:1"')
})

test.each(['app:3', `app@${digestOf('nothing')}`])('that does not have %s', async name => {
  await declare(name)
  await refused(65, 'IMAGE_NOT_FOUND')
})

test('that serves another manifest than the one that was pinned', async () => {
  await declare(`app@${second.manifest.digest}`)
  const wrong = await readFile(join(project.layout.folder, 'blobs', first.manifest.digest.replace(':', '/')))
  registry.fault = (what, response) => {
    const type = { 'content-type': first.manifest.mediaType }
    return what === second.manifest.digest && Boolean(response.writeHead(200, type).end(wrong))
  }
  await refused(65, 'DIGEST_MISMATCH')
})

test('that serves other bytes than the layer', async () => {
  await declare('app:2')
  const { digest } = second.layers[0]!
  registry.fault = (what, response, content) =>
    what === digest && Boolean(response.end(Buffer.alloc(content!.length)))
  await refused(65, 'DIGEST_MISMATCH')
  registry.fault = () => false
  expect((await project.run(['apply'])).status).toBe(0)
  expect(await readFile(join(project.folder, 'out/one/rootfs/version'), 'utf8')).toBe('2')
})

test('that wants to know who asks', async () => {
  await declare('app:2')
  registry.fault = (what, response) =>
    what !== '' && Boolean(response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED"}]}'))
  await refused(77, 'REGISTRY_DENIED')
})

test('that is out of order once is asked again, and that is told', async () => {
  await declare('app:9')
  let faults = 0
  // Manifest and configuration are asked for at once.
  registry.fault = (what, response) => what === '9' && faults++ < 2 && Boolean(response.writeHead(503).end())
  const planned = await project.run(['plan', '--out', 'plan.json'])
  expect(planned.stderr).toMatch(
    /^retry {5}\S+app:9 {2}in 0\.\d s: image \S+app:9: the registry does not answer/,
  )
  expect(planned.status).toBe(0)
  registry.fault = (what, response) =>
    what === third.layers[0]!.digest && faults++ < 4 && Boolean(response.writeHead(503).end())
  const { status, stderr } = await project.run(['apply', 'plan.json', '--progress', 'json'])
  expect(status).toBe(0)
  const records = stderr
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  const retry = records.find(({ type }) => type === 'retry')
  expect(retry).toMatchObject({
    image: expect.stringContaining('app:9'),
    attempt: 1,
    code: 'SOURCE_UNAVAILABLE',
  })
})
