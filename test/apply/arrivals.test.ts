/** Which file is read while it grows, and whose it turns out to be. */
import { appendFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Arrivals, arrivalsIn } from '../../src/apply/arrivals.ts'
import type { LockedLayer } from '../../src/lock/types.ts'
import type { DiffId, Digest } from '../../src/oci/digest.ts'
import { Abandoned, closeGrowing, type Growing, readGrowing } from '../../src/ostree/growing.ts'
import type { StepId } from '../../src/plan/types.ts'

const FETCH = 'fetch one' as StepId
const LARGE = layer('a', 20 << 20)
const SMALL = layer('b', 1000)

let folder: string
/** Files whose reading has begun, as it was said how large they may be. */
let begun: { readonly growing: Growing; readonly size: number; end(): void }[]
let arrivals: Arrivals<number>
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'arrivals-'))
  mkdirSync(join(folder, 'sha256'))
  begun = []
  arrivals = arrivalsIn(folder, (growing, size) => {
    let end!: () => void
    const ended = new Promise<void>(resolve => {
      end = () => {
        closeGrowing(growing)
        resolve()
      }
    })
    return { result: begun.push({ growing, size, end }), ended }
  })
})
afterEach(() => rmSync(folder, { recursive: true }))

function layer(
  digit: string,
  size: number,
  mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip',
): LockedLayer {
  const digest = `sha256:${digit.repeat(64)}`
  return { digest: digest as Digest, diffId: digest as DiffId, size, mediaType }
}

function file(name: string): string {
  const path = join(folder, name)
  writeFileSync(path, 'begun')
  return path
}

function read({ growing }: { readonly growing: Growing }): string {
  const into = Buffer.alloc(100)
  return into.toString(
    'utf8',
    0,
    readGrowing(growing, into, 0, () => undefined),
  )
}

test('a file is that of the layer under whose name it is found in the end', async () => {
  const path = file('on-its-way')
  arrivals.growing(path, [SMALL, LARGE], FETCH)
  expect(begun.map(({ size }) => size)).toEqual([LARGE.size])
  const other = file('other')
  arrivals.arrived(LARGE, other)
  expect(await arrivals.wait(LARGE)).toEqual({ path: other, early: undefined })
  appendFileSync(path, ', and ended')
  linkSync(path, join(folder, 'complete'))
  arrivals.arrived(SMALL, join(folder, 'complete'))
  expect(await arrivals.wait(SMALL)).toEqual({ path: join(folder, 'complete'), early: 1 })
  expect(read(begun[0]!)).toBe('begun, and ended')
})

test('one is read at a time, and none again', async () => {
  const [first, second] = [file('first'), file('second')]
  arrivals.growing(first, [LARGE], FETCH)
  arrivals.growing(second, [LARGE], FETCH)
  expect(begun).toHaveLength(1)
  begun[0]!.end()
  await new Promise(resolve => setImmediate(resolve))
  arrivals.growing(first, [LARGE], FETCH)
  expect(begun).toHaveLength(1)
  arrivals.growing(second, [LARGE], FETCH)
  expect(begun).toHaveLength(2)
})

test.each([
  ['small', [SMALL]],
  ['perhaps not gzip', [LARGE, layer('c', 20 << 20, 'application/vnd.oci.image.layer.v1.tar+zstd')]],
])('what is %s is not read early', (_what, layers) => {
  arrivals.growing(file('on-its-way'), layers, FETCH)
  expect(begun).toEqual([])
})

test('what is gone is not read early', () => {
  arrivals.growing(join(folder, 'gone'), [LARGE], FETCH)
  expect(begun).toEqual([])
})

test('a fetch that stops leaves nothing that anyone waits for', async () => {
  arrivals.growing(file('on-its-way'), [LARGE], FETCH)
  arrivals.stopped('fetch two' as StepId)
  appendFileSync(join(folder, 'on-its-way'), ', and more')
  arrivals.stopped(FETCH)
  expect(() => read(begun[0]!)).toThrow(Abandoned)
  arrivals.failed([LARGE], FETCH)
  await expect(arrivals.wait(LARGE)).rejects.toMatchObject({ because: FETCH })
})

test('what lies in the blob folder has arrived', async () => {
  writeFileSync(join(folder, 'sha256', 'a'.repeat(64)), '')
  expect(await arrivals.wait(LARGE)).toEqual({
    path: join(folder, 'sha256', 'a'.repeat(64)),
    early: undefined,
  })
})
