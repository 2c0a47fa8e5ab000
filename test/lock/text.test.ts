import { expect, test } from 'vitest'
import { formatLock, parseLock } from '../../src/lock/text.ts'
import { digestOf } from '../../src/oci/digest.ts'
import { lockedImageOf, lockOf } from '../support/lock.ts'
import { problemOf } from '../support/problem.ts'

const lock = lockOf({ ...lockedImageOf('a.io/a:1'), index: digestOf('index') }, lockedImageOf('oci:images:b'))
const text = formatLock(lock)

test('a lock reads back as it was written, and is written the same again', () => {
  expect(parseLock(text)).toEqual(lock)
  expect(formatLock(parseLock(text))).toBe(text)
})

test('is JSON with sorted keys, a format version and one line for each value', () => {
  expect(Object.keys(JSON.parse(text))).toEqual(['checksum', 'formatVersion', 'images', 'imagesDigest'])
  expect(text).toContain('\n  "formatVersion": 1,\n')
  expect(text).toContain('      "platform": "linux/amd64",\n      "reference": "a.io/a:1"\n')
  expect(text.endsWith('}\n')).toBe(true)
})

test('line ends of another system do not matter', () => {
  expect(parseLock(text.replaceAll('\n', '\r\n'))).toEqual(lock)
})

test('the order of images in the file does not matter', () => {
  const value = JSON.parse(text)
  expect(parseLock(JSON.stringify({ ...value, images: value.images.toReversed() }))).toEqual(lock)
})

const layer = lock.images[0]!.layers[0]!.digest
const other = digestOf('other')

test.each([
  [
    'merge conflict',
    text.replace('  "images"', '<<<<<<< HEAD\n  "images"'),
    'L:4: there is a merge conflict',
  ],
  [
    'merge conflict, its middle',
    text.replace('  "images"', '=======\n  "images"'),
    'L:4: there is a merge conflict',
  ],
  ['cut short', text.slice(0, 200), 'L:7:50: the lock is not JSON'],
  ['a comma too many', text.replace('1,', '1,,'), 'L:3:22: the lock is not JSON'],
  ['empty', '', 'L:1:1: the lock is not JSON'],
  ['a list', '[]', 'L:1: the lock must be an object'],
  ['later version', text.replace('"formatVersion": 1', '"formatVersion": 2'), 'L:3: formatVersion is 2, but'],
  ['a layer that is another', text.replace(layer, other), 'L:2: checksum does not fit the rest'],
  [
    'checksum that is another',
    text.replace(/"checksum": "[^"]*"/, `"checksum": "${other}"`),
    'L:2: checksum does not',
  ],
  [
    'a digest that is none',
    text.replace(layer, 'sha256:beef'),
    'L:15: images[0].layers[0].digest is not a sha256',
  ],
  [
    'an upper-case digest',
    text.replace(layer, layer.toUpperCase()),
    'images[0].layers[0].digest is not a sha256',
  ],
  ['no layers', text.replaceAll('"layers"', '"strata"'), 'L: images[0].layers is missing, a list is due'],
  [
    'a reference that is none',
    text.replace('a.io/a:1', 'a.io/A:1'),
    'images[0].reference cannot be understood',
  ],
  [
    'a reference not as written',
    text.replace('a.io/a:1', 'docker://a.io/a:1'),
    'images[0].reference cannot be',
  ],
  [
    'a platform that is none',
    text.replaceAll('linux/amd64', 'linux'),
    'images[0].platform cannot be understood',
  ],
  ['an image twice', text.replace('oci:images:b', 'a.io/a:1'), 'images have a.io/a:1 for linux/amd64 twice'],
])('refuses a lock: %s', async (_name, broken, problem) => {
  const found = await problemOf(() => parseLock(broken, 'L'))
  expect(found).toContain('LOCK_INVALID: L')
  expect(found).toContain(problem)
})
