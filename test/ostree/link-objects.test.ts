/** Many links at once, and what the file system says against it. */
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CheckedOut, checkoutTree } from '../../src/ostree/checkout.ts'
import { type LinkJob, linkObjects, type Refusal } from '../../src/ostree/link-objects.ts'
import { bytesOf, type Dir, type File, type Node } from '../../src/tree/node.ts'
import { problemOf } from '../support/problem.ts'

const META = { uid: 0, gid: 0, mode: 0o644, xattrs: [] }
const NAMES = Array.from({ length: 2500 }, (_, i) => `f${i}`)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'link-objects-'))
  for (const name of ['stage', 'objects', 'rootfs']) mkdirSync(join(folder, name))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Puts an object into one of the folders; its checksum is only a name here. */
function object(where: string, digit: string): string {
  const checksum = digit.repeat(64)
  mkdirSync(join(folder, where, checksum.slice(0, 2)), { recursive: true })
  writeFileSync(join(folder, where, checksum.slice(0, 2), `${checksum.slice(2)}.file`), digit)
  return checksum
}

function job(checksums: readonly string[], paths = checksums.map((_, i) => `/${i}`)): LinkJob {
  const objects = ['stage', 'objects'].map(name => bytesOf(join(folder, name)))
  return { objects, destination: bytesOf(join(folder, 'rootfs')), paths, checksums }
}

const inode = (path: string) => statSync(join(folder, path)).ino

describe('objects', () => {
  test('are linked from the folder that has them', () => {
    const [staged, stored] = [object('stage', 'a'), object('objects', 'b')]
    expect(linkObjects(job([staged, stored, staged, stored, stored]))).toEqual([])
    expect(inode('rootfs/2')).toBe(inode(`stage/aa/${'a'.repeat(62)}.file`))
    expect(inode('rootfs/4')).toBe(inode(`objects/bb/${'b'.repeat(62)}.file`))
  })

  test('may have names of any bytes', () => {
    linkObjects(job([object('stage', 'a')], ['/\xff \xe9']))
    expect(readFileSync(Buffer.from(`${bytesOf(folder)}/rootfs/\xff \xe9`, 'latin1'), 'utf8')).toBe('a')
  })

  test('that are in neither folder are damage', async () => {
    const found = await problemOf(() => linkObjects(job([object('stage', 'a'), 'c'.repeat(64)])))
    expect(found).toBe(`OBJECT_DAMAGED: object ${'c'.repeat(64)}.file is missing from the store`)
  })

  test('do not replace what is there', () => {
    const checksum = object('stage', 'a')
    linkSync(join(folder, `stage/aa/${'a'.repeat(62)}.file`), join(folder, 'rootfs/0'))
    expect(() => linkObjects(job([checksum]))).toThrow('EEXIST')
  })
})

describe('a checkout', () => {
  const files: [string, File][] = NAMES.map(name => [
    name,
    { kind: 'file', meta: META, size: 1, checksum: 'a'.repeat(64) },
  ])
  const root: Dir = {
    kind: 'dir',
    meta: { ...META, mode: 0o500 },
    implied: false,
    children: new Map<string, Node>([
      ['below', { kind: 'dir', meta: META, implied: false, children: new Map(files) }],
    ]),
  }
  const checkout = (link: (job: LinkJob) => Promise<readonly Refusal[]>): Promise<CheckedOut> =>
    checkoutTree(root, join(folder, 'made'), {
      objects: [join(folder, 'stage')],
      mode: 'bare-user',
      copy: false,
      signal: new AbortController().signal,
      link,
    })

  test('gives away what is many, and copies what is refused', async () => {
    object('stage', 'a')
    const given: number[] = []
    const found = await checkout(async job => {
      given.push(job.paths.length)
      linkObjects({ ...job, paths: job.paths.slice(1), checksums: job.checksums.slice(1) })
      return [{ at: 0, code: 'EMLINK' }]
    })
    expect(given).toEqual([1000, 1000])
    expect(found).toEqual({ links: 2498, copies: 2, fallback: 'EMLINK' })
    const copied = NAMES.filter(name => inode(`made/below/${name}`) !== inode(`made/below/${NAMES[1]}`))
    expect(copied).toEqual([NAMES[0], NAMES[1000]])
    expect(readFileSync(join(folder, 'made/below', NAMES[1000]!), 'utf8')).toBe('a')
    expect(statSync(join(folder, 'made')).mode & 0o777).toBe(0o700)
  })

  test('that fails waits for all that it gave away', async () => {
    object('stage', 'a')
    const ends: string[] = []
    const failing = checkout(async ({ paths }) => {
      if (paths[0] === `/below/${NAMES[0]}`) throw new Error('the first')
      await new Promise(resolve => setTimeout(resolve, 50))
      ends.push('second')
      return []
    })
    await expect(failing).rejects.toThrow('the first')
    expect(ends).toEqual(['second'])
  })
})
