/** Small blobs that unpack without end: stopped early, in little memory, with nothing left behind. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, expect, test } from 'vitest'
import { put } from '../support/image.ts'
import { leftovers } from '../support/intact.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { padded, paxHeader, paxRecord, tarHeader, writeTar } from '../support/tar-writer.ts'
import { setCanary } from './canary.ts'

const TYPE = 'application/vnd.oci.image'
const MEBIBYTE = 1 << 20
/** Resident memory that no bomb may make the program use. */
const MOST_MEMORY = 256 * MEBIBYTE

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
  await project.write('bundles: { it: { image: "oci:images:it" } }\n')
})

/** The beginning of a tar whose only file has so many bytes. */
const headerOf = (size: number) =>
  Buffer.concat([paxHeader([paxRecord('size', String(size))]), tarHeader({ name: 'zeros', typeflag: '0' })])

/** Applies an image with this blob, and gives the error and the most memory that the program used. */
async function explode(blob: Buffer, type: string): Promise<{ said: string; memory: number }> {
  const { folder } = project.layout
  await project.layout.add({ layers: [writeTar([])], config: { Cmd: ['/x'] }, blobs: [blob] }, 'it')
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'))
  const text = readFileSync(join(folder, 'blobs/sha256', index.manifests[0].digest.slice(7)), 'utf8')
  Object.assign(
    index.manifests[0],
    await put(folder, `${TYPE}.manifest.v1+json`, JSON.parse(text.replace('tar+gzip', type))),
  )
  await project.tool('sh', '-c', 'printf %s "$0" >images/index.json', JSON.stringify(index))
  const canaryIsWell = await setCanary(project)
  const child = project.start(['apply'])
  let said = ''
  child.stderr!.on('data', chunk => {
    said += chunk
  })
  child.stdout!.resume()
  let memory = 0
  const timer = setInterval(() => {
    const status = existsSync(`/proc/${child.pid}/status`)
      ? readFileSync(`/proc/${child.pid}/status`, 'utf8')
      : ''
    memory = Math.max(memory, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024)
  }, 20)
  const [status] = await once(child, 'close')
  clearInterval(timer)
  await canaryIsWell()
  expect({ status, said }).toMatchObject({ status: 65 })
  expect(await leftovers(project)).toEqual([])
  expect((await project.tool('ls', '-A', '.ctrbuild/blobs/sha256', 'out/.generations')).stdout).not.toMatch(
    /[0-9a-f]{64}|it/,
  )
  expect((await project.tool('du', '-sk', '.ctrbuild')).stdout).toMatch(/^\d{1,3}\s/)
  return { said, memory }
}

test('gzip, a thousandfold in many members', async () => {
  const zeros = gzipSync(Buffer.alloc(16 * MEBIBYTE), { level: 9 })
  const members = Array.from({ length: 15 }, () => zeros)
  const { said, memory } = await explode(Buffer.concat([gzipSync(headerOf(2 ** 40)), ...members]), 'tar+gzip')
  expect(said).toMatch(
    /LAYER_LIMIT: layer \w+ unpacks to more than 1000 times its size\n {2}hint: .*decompression bomb/,
  )
  expect(memory).toBeGreaterThan(0)
  expect(memory).toBeLessThan(MOST_MEMORY)
})

test('zstd, more than a thousandfold', async ctx => {
  needs(ctx, 'zstd', 'head')
  const zeros = execFileSync('sh', ['-c', 'head -c 2147483648 /dev/zero | zstd --quiet --stdout --no-check'])
  const frame = execFileSync('zstd', ['--quiet', '--stdout'], { input: headerOf(2 ** 40) })
  expect(zeros.length).toBeLessThan(MEBIBYTE)
  const { said, memory } = await explode(Buffer.concat([frame, zeros]), 'tar+zstd')
  expect(said).toMatch(/LAYER_LIMIT: layer \w+ unpacks to more than 1000 times its size/)
  expect(memory).toBeLessThan(MOST_MEMORY)
})

test('a hole of eight terabytes', async () => {
  const records = Object.entries({ major: 1, minor: 0, name: 'hole', realsize: 2 ** 43 })
  const pax = paxHeader(records.map(([key, value]) => paxRecord(`GNU.sparse.${key}`, String(value))))
  const map = padded(Buffer.from('1\n0\n0\n'))
  const tar = [pax, tarHeader({ name: 'hole', typeflag: '0', size: map.length }), map, Buffer.alloc(1024)]
  const { said, memory } = await explode(gzipSync(Buffer.concat(tar)), 'tar+gzip')
  expect(said).toMatch(/LAYER_LIMIT: .* past the limit layerSize of 17179869184/)
  expect(memory).toBeLessThan(MOST_MEMORY)
})

test('attributes of a global header, once more for each of 290,000 files', async () => {
  const attribute = paxHeader([paxRecord('SCHILY.xattr.trusted.a', 'x'.repeat(60_000))], 'g')
  const files = Buffer.alloc(512 * 290_000)
  const file = tarHeader({ name: 'f', typeflag: '0' })
  for (let at = 0; at < files.length; at += 512) file.copy(files, at)
  const { said, memory } = await explode(
    gzipSync(Buffer.concat([attribute, files]), { level: 1 }),
    'tar+gzip',
  )
  expect(said).toMatch(/LAYER_LIMIT: .* past the limit layerSize of 17179869184/)
  expect(memory).toBeLessThan(MOST_MEMORY)
})
