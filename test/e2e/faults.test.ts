/** Images that are not what they say, with the built program: each a clean error, and the good bundle stays as it is. */
import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { digestOf, hexOf } from '../../src/oci/digest.ts'
import { put } from '../support/image.ts'
import { generationOf, leftovers } from '../support/intact.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { writeTar } from '../support/tar-writer.ts'

const file = (path: string, content: string | Buffer) =>
  ({ path, type: 'file', content: Buffer.from(content) }) as const
const tree = writeTar([
  { path: 'etc', type: 'dir' },
  file('etc/passwd', 'root:x:0:0::/:/bin/sh\n'),
  file('tool', 'good'),
])
/** Bytes that repeat nothing, the same each time. */
const noise = Buffer.concat(
  Array.from({ length: 10_000 }, (_, i) => createHash('sha256').update(`${i}`).digest()),
)
/** A layer that no other test has. */
const layerOf = (name: string) => writeTar([file(name, noise)])
const config = { Cmd: ['/tool'] }

let project: Project
let good: string
beforeAll(async () => {
  if (!isInstalled('skopeo')) return
  project = await newProject()
  await project.layout.add({ layers: [tree], config }, 'good')
  await declare('image: oci:images:good')
  expect((await project.run(['apply'])).status).toBe(0)
  good = await generationOf(project)
})
beforeEach(ctx => needs(ctx, 'skopeo'))

function declare(body: string): Promise<void> {
  return project.write(`bundles:\n  one:\n    ${body.split('\n').join('\n    ')}\n`)
}

/** Applies, expects this failure and nothing changed; gives what was said. */
async function refused(status: number, code: string, env = {}): Promise<string> {
  const ended = await project.run(['apply'], env)
  expect(ended.stderr).toMatch(new RegExp(`\\b${code}: `))
  expect(ended.status).toBe(status)
  expect(ended.stderr).not.toMatch(/mistake in ctrbuild|\n {4}at /)
  expect(await generationOf(project)).toBe(good)
  expect(await leftovers(project)).toEqual([])
  return ended.stderr
}

describe('an image that is not there', () => {
  test.each([
    'oci:images:nope',
    'oci:nowhere:one',
    'dir:nowhere',
    'oci-archive:nowhere.tar',
    'docker-archive:nowhere.tar',
  ])('%s', async reference => {
    await declare(`image: ${reference}`)
    expect(await refused(65, 'IMAGE_NOT_FOUND')).toMatch(/hint: /)
  })
})

test('an image for another platform', async () => {
  await project.layout.add({ layers: [tree], architecture: 's390x' }, 'other')
  await declare('image: oci:images:other')
  expect(await refused(65, 'PLATFORM_MISSING')).toMatch(/only for linux\/s390x\n {2}hint: Set "platform"/)
})

describe('a layer', () => {
  /** Spoils the stored blob of the only layer of an image. */
  async function spoil(tag: string, change: (blob: Buffer) => Buffer): Promise<void> {
    const image = await project.layout.add({ layers: [layerOf(tag)], config }, tag)
    const path = join(project.layout.folder, 'blobs/sha256', hexOf(image.layers[0]!.digest))
    const blob = await readFile(path)
    await rm(path)
    await writeFile(path, change(blob))
    await declare(`image: oci:images:${tag}`)
  }

  test('that was cut short', async () => {
    await spoil('cut', blob => blob.subarray(0, -1000))
    expect(await refused(65, 'DIGEST_MISMATCH')).toMatch(/\d+ bytes, but \d+ were promised/)
  })

  test('of which one byte is another', async () => {
    await spoil('flipped', blob => {
      const bytes = Buffer.from(blob)
      bytes[blob.length >> 1]! ^= 1
      return bytes
    })
    expect(await refused(65, 'DIGEST_MISMATCH|COMPRESSION_INVALID')).toMatch(/hint: .*(damaged|cut short)/)
    // The damaged blob is not kept: the mended image is read anew.
    await spoil('flipped', blob => blob)
    expect((await project.run(['apply'])).status).toBe(0)
    await declare('image: oci:images:good')
    expect((await project.run(['apply'])).status).toBe(0)
    good = await generationOf(project)
  })

  test.each([
    ['whose diffID is of something else', 'DIFFID_MISMATCH', { diffIds: [digestOf('something else')] }],
    ['without a diffID', 'IMAGE_INVALID', { diffIds: [] }],
    ['that is no tar', 'TAR_INVALID', { layers: [noise] }],
    ['whose tar ends early', 'TAR_INVALID', { layers: [layerOf('early').subarray(0, 5000)] }],
    ['that is not compressed as its type says', 'COMPRESSION_INVALID', { blobs: [tree] }],
    [
      'whose gzip ends early',
      'COMPRESSION_INVALID',
      { blobs: [gzipSync(layerOf('early')).subarray(0, 5000)] },
    ],
    ['that is a bomb', 'LAYER_LIMIT', { blobs: [gzipSync(Buffer.alloc(64 << 20), { level: 9 })] }],
  ])('%s', async (name, code, lie) => {
    const tag = name.replaceAll(' ', '-')
    await project.layout.add({ layers: [layerOf(tag)], config, ...lie }, tag)
    await declare(`image: oci:images:${tag}`)
    expect(await refused(65, code)).toMatch(/hint: /)
  })

  test('that only zstd can read, without zstd', async () => {
    // The magic number is enough: nobody gets to read more.
    const blobs = [Buffer.from('28b52ffd00000000', 'hex')]
    await project.layout.add({ layers: [layerOf('zstd')], config, blobs }, 'zstd')
    await retype('zstd', 'tar+gzip', 'tar+zstd')
    await declare('image: oci:images:zstd')
    expect(await refused(69, 'PROGRAM_MISSING', { PATH: await pathWith('skopeo', 'sync') })).toMatch(
      /Install the package zstd/,
    )
  })
})

/** Changes a word of a tag's manifest. */
async function retype(tag: string, from: string, to: string): Promise<void> {
  const path = join(project.layout.folder, 'index.json')
  const index = JSON.parse(await readFile(path, 'utf8'))
  const entry = index.manifests.find((found: { annotations: object }) =>
    Object.values(found.annotations).includes(tag),
  )
  const manifest = await readFile(join(project.layout.folder, 'blobs/sha256', hexOf(entry.digest)), 'utf8')
  const changed = await put(project.layout.folder, entry.mediaType, Buffer.from(manifest.replace(from, to)))
  Object.assign(entry, changed)
  await writeFile(path, JSON.stringify(index))
}

/** A PATH that leads to these programs only. */
async function pathWith(...programs: string[]): Promise<string> {
  const folder = join(project.folder, 'bin')
  await mkdir(folder, { recursive: true })
  for (const program of programs) {
    const { stdout } = await project.tool('sh', '-c', 'command -v "$0"', program)
    await copyFile(stdout.trim(), join(folder, program))
    await chmod(join(folder, program), 0o755)
  }
  return folder
}

test('an object that the store has lost is brought again', async () => {
  const [object] = await objectsOf('tool')
  await rm(object!)
  await declare('image: oci:images:good\nargs: [/other]')
  expect(await project.run(['apply'])).toMatchObject({ status: 0 })
  expect(await objectsOf('tool')).toEqual([object])
  good = await generationOf(project)
})

test.each([
  ['cut short', (path: string) => truncate(path, 2)],
  ['emptied by a crash', (path: string) => truncate(path, 0)],
  ['lost', (path: string) => rm(path)],
])(
  'an object of the store that was %s is replaced by the next layer that brings it',
  async (what, damage) => {
    const tag = `again-${what.replaceAll(' ', '-')}`
    // In a layer of its own, small and in memory, and in one that is read in threads.
    const large = { path: 'large', type: 'file', content: Buffer.alloc(3 << 20, tag) } as const
    await project.layout.add(
      { layers: [writeTar([file('tool', 'good'), large, file('x', tag)])], config },
      tag,
    )
    await declare(`image: oci:images:${tag}`)
    const [object] = await objectsOf('tool')
    await damage(object!)
    const fsck = () => project.tool('ostree', 'fsck', '--repo=.ctrbuild/repo')
    expect(await project.run(['apply'])).toMatchObject({ status: 0 })
    expect(await readFile(join(project.folder, 'out/one/rootfs/tool'), 'utf8')).toBe('good')
    if (isInstalled('ostree')) expect(await fsck()).toMatchObject({ status: 0 })
    good = await generationOf(project)
  },
)

/** Objects that a file of the good bundle is a hard link of. */
async function objectsOf(name: string): Promise<string[]> {
  const file = join(project.folder, 'out/one/rootfs', name)
  const { stdout } = await project.tool(
    'find',
    join(project.folder, '.ctrbuild/repo/objects'),
    '-samefile',
    file,
  )
  return stdout.split('\n').filter(Boolean)
}

test('a user who is not in the image', async () => {
  await declare('image: oci:images:good\nuser: nobody')
  expect(await refused(65, 'USER_UNKNOWN')).toMatch(/"nobody"/)
})

test('without skopeo its package is named', async () => {
  await declare('image: oci:images:unseen')
  expect(await refused(69, 'PROGRAM_MISSING', { PATH: '/nowhere' })).toMatch(
    /hint: Install it: apt-get install skopeo/,
  )
})

describe('images from', () => {
  test.each(['docker-archive:image.tar:app:1', 'oci-archive:image-oci.tar', 'dir:image-dir'])(
    '%s',
    async place => {
      await project.layout.copyTo('good', place.replace(':', ':../'))
      await declare(`image: ${place}`)
      expect(await project.run(['apply'])).toMatchObject({ status: 0 })
      expect(await readFile(join(project.folder, 'out/one/rootfs/tool'), 'utf8')).toBe('good')
      expect(await leftovers(project)).toEqual([])
    },
  )
})
