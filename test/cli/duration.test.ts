import { expect, test } from 'vitest'
import { parseDuration } from '../../src/commands/duration.ts'

test.each([
  ['0', 0],
  ['90', 90_000],
  ['30s', 30_000],
  ['1.5m', 90_000],
  ['500ms', 500],
  ['1h', 3_600_000],
  ['', undefined],
  ['s', undefined],
  ['-1', undefined],
  ['1 m', undefined],
  ['1d', 86_400_000],
  ['1w', undefined],
  ['1e3', undefined],
])('%j', (text, expected) => {
  expect(parseDuration(text)).toBe(expected)
})
