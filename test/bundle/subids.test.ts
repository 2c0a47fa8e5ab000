import { expect, test } from 'vitest'
import { namesOf, stretchesOf } from '../../src/bundle/subids.ts'

const SUBUID = `# who may map what
ann:100000:65536
bob:200000:65536

1000:300000:10
ann:bad:5
ann:5
ann:1:0
ann:4294967290:100
  ann:400000:1
`

test.each([
  [
    1000,
    ['ann'],
    [
      [100_000, 65_536],
      [300_000, 10],
      [400_000, 1],
    ],
  ],
  [1001, ['bob'], [[200_000, 65_536]]],
  [1000, [], [[300_000, 10]]],
  [7, ['eve'], []],
])('the stretches of uid %d, called %j', (uid, names, expected) => {
  expect(stretchesOf(SUBUID, uid, names).map(({ start, size }) => [start, size])).toEqual(expected)
})

test('names of a uid, of which there may be several', () => {
  const passwd = 'root:x:0:0::/:/bin/sh\nann:x:1000:1::/:\nalso:x:1000:1::/:\n:x:1000::\nbob:x:1001:1::/:\n'
  expect(namesOf(passwd, 1000)).toEqual(['ann', 'also'])
  expect(namesOf(passwd, 5)).toEqual([])
})
