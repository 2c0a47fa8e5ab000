import { expect, test } from 'vitest'
import { closest } from '../../src/spec/suggest.ts'

test.each([
  ['mouts', 'mounts'],
  ['MOUNTS', 'mounts'],
  ['mounst', 'mounts'],
  ['agrs', 'args'],
  ['evn', 'env'],
  ['hostnmae', 'hostname'],
  ['xyz', undefined],
  ['mo', undefined],
  ['', undefined],
  ['mounts-and-more', undefined],
])('%s', (word, expected) => {
  expect(closest(word, ['args', 'env', 'hostname', 'mounts'])).toBe(expected)
})
