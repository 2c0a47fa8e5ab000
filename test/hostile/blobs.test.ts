/**
 * Compressed layers of every shape, with the program: several members, zeros and other things after the end, damage,
 * false names. Small blobs and large ones go by different ways, so each is tried in both sizes.
 */
import { execFileSync } from 'node:child_process'
import { createCipheriv, createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { digestOf } from '../../src/oci/digest.ts'
import { put } from '../support/image.ts'
import { leftovers } from '../support/intact.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { writeTar } from '../support/tar-writer.ts'
import { setCanary } from './canary.ts'

const TYPE = 'application/vnd.oci.image'
/** Bytes of input that are decompressed at a time. */
const CHUNK = 1 << 20

/** Bytes of the only file of a layer: what is read where it is, and what is read by threads. */
const SIZES = { small: 20_000, large: 1_300_000 }

/** Bytes that repeat nothing, others for each name: layers that are the same would be imported once. */
function noiseOf(name: string, size: number): Buffer {
  const key = createHash('sha256').update(name).digest().subarray(0, 16)
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))
}

/** Parts of a tar, each compressed alone. */
const members = (tar: Buffer, ...cuts: number[]): Buffer => {
  const ends = [...cuts, tar.length]
  return Buffer.concat(ends.map((end, i) => gzipSync(tar.subarray(ends[i - 1] ?? 0, end), { level: 1 })))
}

/** Two members, the first one of as many bytes as are decompressed at a time. */
function cutAtChunk(tar: Buffer): Buffer {
  if (tar.length < CHUNK) return members(tar, 512)
  // What does not compress is stored: 5 bytes for each block.
  let length = CHUNK - 1024
  for (let size = 0; size !== CHUNK; length += CHUNK - size)
    size = gzipSync(tar.subarray(0, length), { level: 0 }).length
  const first = gzipSync(tar.subarray(0, length), { level: 0 })
  expect(first).toHaveLength(CHUNK)
  return Buffer.concat([first, gzipSync(tar.subarray(length))])
}

interface Blob {
  /** From the tar. */
  readonly make: (tar: Buffer) => Buffer
  readonly type?: 'tar' | 'tar+gzip' | 'tar+zstd'
  /** The error, if it is not taken. */
  readonly refused?: RegExp
}

const zstd = (tar: Buffer, ...flags: string[]) =>
  execFileSync('zstd', ['--quiet', '--stdout', ...flags], { input: tar, maxBuffer: 1 << 28 })
const flip = (blob: Buffer, at: number) => {
  const bytes = Buffer.from(blob)
  bytes[at < 0 ? blob.length + at : at]! ^= 1
  return bytes
}
const DAMAGED = /^COMPRESSION_INVALID: layer \w+ cannot be decompressed/

const BLOBS: Readonly<Record<string, Blob>> = {
  gzip: { make: tar => gzipSync(tar) },
  'gzip of the lowest level': { make: tar => gzipSync(tar, { level: 0 }) },
  'two members': { make: tar => members(tar, 700) },
  'a hundred members': { make: tar => members(tar, ...Array.from({ length: 99 }, (_, i) => 100 * i + 100)) },
  'an empty member between': {
    make: tar => Buffer.concat([members(tar.subarray(0, 512)), gzipSync(''), gzipSync(tar.subarray(512))]),
  },
  'a member that ends where a chunk does': { make: cutAtChunk },
  'zeros after the end': { make: tar => Buffer.concat([gzipSync(tar), Buffer.alloc(700)]) },
  'two MiB of zeros after the end': { make: tar => Buffer.concat([gzipSync(tar), Buffer.alloc(2 << 20)]) },
  'zeros after the end of a chunk': { make: tar => Buffer.concat([cutAtChunk(tar), Buffer.alloc(CHUNK)]) },
  'something else after the end': {
    make: tar => Buffer.concat([gzipSync(tar), Buffer.from('junk')]),
    refused: DAMAGED,
  },
  'something else after zeros': {
    make: tar => Buffer.concat([gzipSync(tar), Buffer.alloc(CHUNK), Buffer.from('x')]),
    refused: DAMAGED,
  },
  'a member after zeros': {
    make: tar => Buffer.concat([gzipSync(tar), Buffer.alloc(8), gzipSync('x')]),
    refused: DAMAGED,
  },
  'cut short by a byte': { make: tar => gzipSync(tar).subarray(0, -1), refused: DAMAGED },
  'cut short by its sum': { make: tar => gzipSync(tar).subarray(0, -8), refused: DAMAGED },
  'cut short in the middle': { make: tar => gzipSync(tar).subarray(0, tar.length >> 1), refused: DAMAGED },
  'cut short in the second header': {
    make: tar => Buffer.concat([gzipSync(tar), Buffer.from('1f8b08', 'hex')]),
    refused: DAMAGED,
  },
  'nothing but a header': { make: () => gzipSync('').subarray(0, 10), refused: DAMAGED },
  'no bytes': {
    make: () => Buffer.alloc(0),
    refused: /^COMPRESSION_INVALID: layer \w+ is (empty|not compressed)/,
  },
  'a wrong sum': { make: tar => flip(gzipSync(tar), -6), refused: DAMAGED },
  'a wrong length': { make: tar => flip(gzipSync(tar), -1), refused: DAMAGED },
  'a wrong bit': { make: tar => flip(gzipSync(tar), 1000), refused: DAMAGED },
  // Its digest is the diffID: there is nothing to be mistaken about.
  'a tar that is said to be gzip': { make: tar => tar },
  'gzip that is said to be a tar': {
    make: tar => gzipSync(tar),
    type: 'tar',
    refused: /^COMPRESSION_INVALID: .* is gzip compressed, but .* says not/,
  },
  'a tar': { make: tar => tar, type: 'tar' },
  zstd: { make: zstd, type: 'tar+zstd' },
  'zstd of two frames': {
    make: tar => Buffer.concat([zstd(tar.subarray(0, 700)), zstd(tar.subarray(700))]),
    type: 'tar+zstd',
  },
  'zstd without sum and size': {
    make: tar => zstd(tar, '--no-check', '--no-content-size'),
    type: 'tar+zstd',
  },
  'zstd with a skippable frame': {
    make: tar => Buffer.concat([zstd(tar), Buffer.from('502a4d1804000000abcdef00', 'hex')]),
    type: 'tar+zstd',
  },
  'zstd cut short': { make: tar => zstd(tar).subarray(0, -3), type: 'tar+zstd', refused: DAMAGED },
  'zstd with a wrong bit': {
    make: tar => flip(zstd(tar), 500),
    type: 'tar+zstd',
    refused: /^(COMPRESSION|TAR)_INVALID: /,
  },
  'zstd and something else': {
    make: tar => Buffer.concat([zstd(tar), Buffer.from('junk')]),
    type: 'tar+zstd',
    refused: DAMAGED,
  },
  'zstd with a window of 2 GiB': {
    make: () => Buffer.from('28b52ffd00a809000000', 'hex'),
    type: 'tar+zstd',
    refused: DAMAGED,
  },
  'zstd that is said to be gzip': {
    make: zstd,
    refused: /^COMPRESSION_INVALID: .* is zstd compressed, but .* says gzip/,
  },
}

let played: Promise<{ project: Project; problems: ReadonlyMap<string, string> }> | undefined

describe.each(['small', 'large'] as const)('a %s layer', size => {
  beforeEach(ctx => needs(ctx, 'skopeo'))

  test.for(Object.entries(BLOBS))('%s', async ([name, { refused, type }], ctx) => {
    if (type === 'tar+zstd' || name.startsWith('zstd')) needs(ctx, 'zstd')
    played ??= play()
    const { project, problems } = await played
    const tag = tagOf(size, name)
    const problem = problems.get(tag)
    if (refused !== undefined) expect(problem).toMatch(refused)
    else expect(problem).toBeUndefined()
    const noise = await readFile(join(project.folder, 'out', tag, 'rootfs/noise')).then(
      digestOf,
      () => undefined,
    )
    expect(noise).toBe(refused === undefined ? digestOf(noiseOf(tag, SIZES[size])) : undefined)
  })
})
test('nothing is left half made, and no blob that was refused', async ctx => {
  needs(ctx, 'skopeo')
  played ??= play()
  const { project } = await played
  expect(await leftovers(project)).toEqual([])
  expect((await project.tool('ls', '-A', '.ctrbuild/blobs/sha256')).stdout).toBe('')
})

function tagOf(size: string, name: string): string {
  return `${size}-${Object.keys(BLOBS).indexOf(name)}`
}

async function play() {
  const project = await newProject()
  const names: string[] = []
  for (const [kind, size] of Object.entries(SIZES)) {
    for (const [name, { make, type = 'tar+gzip' }] of Object.entries(BLOBS)) {
      if (name.includes('zstd') && !isInstalled('zstd')) continue
      const tag = tagOf(kind, name)
      const tar = writeTar([{ path: 'noise', type: 'file', content: noiseOf(tag, size) }])
      names.push(tag)
      await addImage(project, tag, tar, make(tar), type)
    }
  }
  await project.write(
    `bundles:\n${names.map(name => `  ${name}: { image: "oci:images:${name}" }\n`).join('')}`,
  )
  const canaryIsWell = await setCanary(project)
  const { status, stderr } = await project.run(['apply', '--progress', 'json'])
  await canaryIsWell()
  if (status !== 65) throw new Error(`apply ended with ${status}:\n${stderr.slice(-1000)}`)
  const events = stderr.split('\n').flatMap(line => (line.startsWith('{') ? [JSON.parse(line)] : []))
  const why = new Map(
    events.flatMap(({ type, step, code, message }) =>
      type === 'failed' ? [[step, `${code}: ${message}`] as const] : [],
    ),
  )
  const problems = new Map(
    events.flatMap(({ type, step, because }) =>
      type === 'skipped' && step.startsWith('assemble')
        ? [[step.replace(/^assemble./, ''), why.get(because)!] as const]
        : [],
    ),
  )
  return { project, problems }
}

async function addImage(
  project: Project,
  tag: string,
  tar: Buffer,
  blob: Buffer,
  type: string,
): Promise<void> {
  const { folder } = project.layout
  const rootfs = { type: 'layers', diff_ids: [digestOf(tar)] }
  const config = await put(folder, `${TYPE}.config.v1+json`, {
    os: 'linux',
    architecture: 'amd64',
    config: { Cmd: ['/x'] },
    rootfs,
  })
  const layers = [await put(folder, `${TYPE}.layer.v1.${type}`, blob)]
  const manifest = await put(folder, `${TYPE}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${TYPE}.manifest.v1+json`,
    config,
    layers,
  })
  const path = join(folder, 'index.json')
  const index = JSON.parse(await readFile(path, 'utf8'))
  index.manifests.push({ ...manifest, annotations: { 'org.opencontainers.image.ref.name': tag } })
  await writeFile(path, JSON.stringify(index))
}
