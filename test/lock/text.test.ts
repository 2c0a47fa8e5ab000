import { expect, test } from 'vitest'
import { formatLock, parseLock } from '../../src/lock/text.ts'
import { canonicalJson } from '../../src/oci/canonical-json.ts'
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
  expect(Object.keys(JSON.parse(text))).toEqual(['formatVersion', 'images', 'imagesDigest'])
  expect(Object.keys(JSON.parse(text).images[0])).toContain('checksum')
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

/** The text with a member of the first image's entry changed, checksum and all. */
function rewritten(edit: (image: Record<string, unknown>) => void): string {
  const value = JSON.parse(text)
  edit(value.images[0])
  const { checksum: _, ...entry } = value.images[0]
  value.images[0].checksum = digestOf(canonicalJson(entry))
  return canonicalJson(value)
}

test.each([
  [
    'merge conflict',
    text.replace('  "images"', '<<<<<<< HEAD\n  "images"'),
    'L:3:1: there is a merge conflict',
  ],
  [
    'merge conflict, its middle, with line ends of another system',
    text.replace('  "images"', '=======\n  "images"').replaceAll('\n', '\r\n'),
    'L:3:1: there is a merge conflict',
  ],
  ['cut short', text.slice(0, 200), 'L:7:46: the lock is not JSON'],
  ['a comma too many', text.replace('1,', '1,,'), 'L:2:22: the lock is not JSON'],
  ['empty', '', 'L:1:1: the lock is not JSON'],
  ['a list', '[]', 'L:1:1: the lock must be an object'],
  [
    'later version',
    text.replace('"formatVersion": 1', '"formatVersion": 2'),
    'L:2:20: formatVersion is 2, but',
  ],
  [
    'a layer that is another',
    text.replace(layer, other),
    'L:5:19: images[0].checksum does not fit the entry of a.io/a:1',
  ],
  [
    'two images that changed places',
    text.replace('a.io/a:1', 'X').replace('oci:images:b', 'a.io/a:1').replace('X', 'oci:images:b'),
    'L:5:19: images[0].checksum does not fit the entry of oci:images:b',
  ],
  [
    'checksum that is another',
    text.replace(/"checksum": "[^"]*"/, `"checksum": "${other}"`),
    'L:5:19: images[0].checksum does not',
  ],
  ['no checksum', text.replace(/"checksum": "[^"]*",/, ''), 'L:4:5: images[0].checksum is missing'],
  [
    'a digest that is none',
    text.replace(layer, 'sha256:beef'),
    'L:15:21: images[0].layers[0].digest is not a sha256',
  ],
  [
    'an upper-case digest',
    text.replace(layer, layer.toUpperCase()),
    'L:15:21: images[0].layers[0].digest is not a sha256',
  ],
  ['no layers', text.replaceAll('"layers"', '"strata"'), 'L:4:5: images[0].layers is missing, a list is due'],
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
  [
    'an image twice',
    rewritten(image => Object.assign(image, { reference: 'oci:images:b' })),
    'images[1] is oci:images:b for linux/amd64 once more',
  ],
])('refuses a lock: %s', async (_name, broken, problem) => {
  const found = await problemOf(() => parseLock(broken, 'L'))
  expect(found).toContain('LOCK_INVALID: L')
  expect(found).toContain(problem)
})
