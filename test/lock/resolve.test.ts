import { expect, test } from 'vitest'
import { CtrbuildError } from '../../src/errors.ts'
import { lockState } from '../../src/lock/check.ts'
import { imagesDigest, imagesOf } from '../../src/lock/images.ts'
import { lockedImage } from '../../src/lock/locked-image.ts'
import { resolveLock } from '../../src/lock/resolve.ts'
import { type DiffId, digestOf } from '../../src/oci/digest.ts'
import type { ImageSource, ResolvedImage } from '../../src/source/types.ts'
import type { ImageSpec } from '../../src/spec/types.ts'
import { imageSpec, lockedImageOf, lockOf, resolvedImage, specOf } from '../support/lock.ts'
import { problemOf } from '../support/problem.ts'

const redis = imageSpec('redis:7')
const nginx = imageSpec('nginx:1')
const signal = new AbortController().signal
const pin = digestOf('pin')

/** Answers for every image, and remembers what it was asked. */
function sourceOf(
  answer: (image: ImageSpec) => ResolvedImage = image => resolvedImage([image.reference.text]),
) {
  const asked: string[] = []
  const source: ImageSource = {
    async resolve(image) {
      asked.push(image.reference.text)
      return answer(image)
    },
    fetch: () => Promise.reject(new Error('nothing is fetched to make a lock')),
  }
  return { asked, source }
}

test('images are distinct and sorted, whatever the order of bundles', () => {
  const arm = imageSpec('redis:7', 'linux/arm64')
  const expected = [nginx, redis, imageSpec('redis:7', 'linux/amd64', true), arm]
  expect(imagesOf(specOf([arm, redis], [redis], [expected[2]!, nginx]))).toEqual(expected)
})

test('the images digest changes with what is asked for, not with order', () => {
  const one = imagesDigest(specOf([redis], [nginx]))
  expect(imagesDigest(specOf([nginx, redis, redis]))).toBe(one)
  expect(imagesDigest(specOf([redis]))).not.toBe(one)
  expect(imagesDigest(specOf([redis], [imageSpec('nginx:1', 'linux/arm64')]))).not.toBe(one)
})

test('every image is asked for once', async () => {
  const { asked, source } = sourceOf()
  const spec = specOf([redis, nginx], [redis, imageSpec('redis:7', 'linux/amd64', true)])
  const lock = await resolveLock(spec, source, { limit: 2, signal })
  expect(asked.toSorted()).toEqual(['nginx:1', 'redis:7'])
  expect(lock.images.map(image => image.reference)).toEqual(['nginx:1', 'redis:7'])
  expect(lock.imagesDigest).toBe(imagesDigest(spec))
  expect(lockState(spec, lock)).toEqual({ kind: 'complete' })
})

test('what the previous lock knows is kept, the rest is asked for, and what nobody wants is dropped', async () => {
  const { asked, source } = sourceOf()
  const previous = lockOf(lockedImageOf('redis:6'), lockedImageOf('redis:7'))
  const lock = await resolveLock(specOf([redis, nginx]), source, { previous, limit: 2, signal })
  expect(asked).toEqual(['nginx:1'])
  expect(lock.images.map(image => image.reference)).toEqual(['nginx:1', 'redis:7'])
  expect(lock.images[1]).toEqual(previous.images[1])
})

test('an image may be asked for again by name', async () => {
  const { asked, source } = sourceOf()
  const previous = lockOf(lockedImageOf('nginx:1'), lockedImageOf('redis:7'))
  const isStale = ({ reference }: ImageSpec) => reference.text === 'redis:7'
  await resolveLock(specOf([redis, nginx]), source, { previous, isStale, limit: 2, signal })
  expect(asked).toEqual(['redis:7'])
})

test('where only some images are to be locked, the others stay as they are: locked or not', async () => {
  const { asked, source } = sourceOf()
  const previous = lockOf(lockedImageOf('nginx:1'))
  const spec = specOf([redis, nginx], [imageSpec('etcd:3')])
  const isWanted = ({ reference }: ImageSpec) => reference.text === 'redis:7'
  const options = { previous, isWanted, isStale: () => true, limit: 2, signal }
  const lock = await resolveLock(spec, source, options)
  expect(asked).toEqual(['redis:7'])
  expect(lock.images.map(image => image.reference)).toEqual(['nginx:1', 'redis:7'])
  expect(lock.images[0]).toEqual(previous.images[0])
})

test('an entry for another digest than the pinned one is not used', async () => {
  const pinned = imageSpec(`redis:7@${pin}`)
  const entry = lockedImageOf(`redis:7@${pin}`)
  const { asked, source } = sourceOf()
  await resolveLock(specOf([pinned]), source, { previous: lockOf(entry), limit: 1, signal })
  expect(asked).toHaveLength(1)
  await resolveLock(specOf([pinned]), source, {
    previous: lockOf({ ...entry, index: pin }),
    limit: 1,
    signal,
  })
  expect(asked).toHaveLength(1)
})

test('all images are tried, and all failures told', async () => {
  const { asked, source } = sourceOf(image => {
    throw new CtrbuildError('IMAGE_NOT_FOUND', `no ${image.reference.text}`)
  })
  const problem = await problemOf(() => resolveLock(specOf([redis, nginx]), source, { limit: 1, signal }))
  expect(asked).toHaveLength(2)
  expect(problem).toBe('IMAGE_NOT_FOUND: 2 images cannot be resolved\n  no nginx:1\n  no redis:7')
})

test('an entry holds digests, sizes, media types and diffIDs', () => {
  const resolved = resolvedImage(['one', 'three'])
  expect(lockedImage(resolved, redis)).toMatchObject({
    reference: 'redis:7',
    platform: 'linux/amd64',
    index: undefined,
    manifest: { digest: resolved.manifest.digest, size: resolved.manifest.bytes.length },
    config: { digest: resolved.config.digest, size: resolved.config.bytes.length },
    layers: [
      { digest: digestOf('one'), size: 3, diffId: digestOf('tar of one') },
      { digest: digestOf('three'), size: 5, diffId: digestOf('tar of three') },
    ],
  })
})

test('layers and diffIDs must be as many', async () => {
  const rootfs = { type: 'layers', diff_ids: [digestOf('a') as string as DiffId] }
  const problem = await problemOf(() => lockedImage(resolvedImage(['a', 'b'], { rootfs }), redis))
  expect(problem).toBe('IMAGE_INVALID: redis:7 has 2 layers, but its configuration names 1')
})

test('a lone image must be for the platform, as far as it says', async () => {
  const arm = resolvedImage(['a'], { architecture: 'arm64' })
  expect(await problemOf(() => lockedImage(arm, redis))).toBe(
    'PLATFORM_MISSING: redis:7 has nothing for linux/amd64, only for linux/arm64',
  )
  expect(lockedImage(resolvedImage(['a'], { architecture: undefined }), redis).layers).toHaveLength(1)
})

test('a blob that is its own tar is not compressed, whatever it is called', () => {
  const rootfs = { type: 'layers', diff_ids: [digestOf('a')] }
  const [layer] = lockedImage(resolvedImage(['a'], { rootfs }), redis).layers
  expect(layer?.mediaType).toBe('application/vnd.oci.image.layer.v1.tar')
})

const needed = { reference: 'redis:7', platform: 'linux/amd64' }
const pinnedRedis = imageSpec(`redis:8@${pin}`)

test.each([
  ['no lock', specOf([redis]), undefined, { kind: 'missing', missing: [needed] }],
  ['no lock, none needed', specOf([pinnedRedis]), undefined, { kind: 'complete' }],
  ['all there', specOf([redis]), lockOf(lockedImageOf('redis:7')), { kind: 'complete' }],
  ['one missing', specOf([redis]), lockOf(), { kind: 'outdated', missing: [needed], surplus: [] }],
  [
    'another platform',
    specOf([redis]),
    lockOf(lockedImageOf('redis:7', 'linux/arm64')),
    { kind: 'outdated', missing: [needed], surplus: [{ ...needed, platform: 'linux/arm64' }] },
  ],
  [
    'one too many',
    specOf([redis]),
    lockOf(lockedImageOf('nginx:1'), lockedImageOf('redis:7')),
    { kind: 'outdated', missing: [], surplus: [{ ...needed, reference: 'nginx:1' }] },
  ],
  [
    'a tag that was pinned since',
    specOf([pinnedRedis]),
    lockOf(lockedImageOf('redis:7')),
    { kind: 'complete' },
  ],
  [
    'a pin that moved',
    specOf([pinnedRedis]),
    lockOf(lockedImageOf(`redis:7@${digestOf('old')}`)),
    { kind: 'complete' },
  ],
])('state of a lock: %s', (_name, spec, lock, state) => {
  expect(lockState(spec, lock)).toEqual(state)
})
