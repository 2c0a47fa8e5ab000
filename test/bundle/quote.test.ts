import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quote } from '../../src/bundle/quote.ts'

const text = fc.string({ unit: 'binary' }).filter(value => !value.includes('\0'))
const nasty = fc.constantFrom(
  "'",
  "''",
  '$(id)',
  '`id`',
  '\n',
  '\\',
  '"',
  '-n',
  '!',
  '~',
  '*',
  'if',
  'A=1',
  ' ',
  '#',
  '',
)
const words = fc.array(
  fc.oneof(
    text,
    nasty,
    fc.array(nasty).map(parts => parts.join('')),
  ),
  { maxLength: 40 },
)

test('what /bin/sh reads is what was quoted', () => {
  fc.assert(
    fc.property(words, list => {
      const script = `printf '%s\\0' ${list.map(quote).join(' ')}`
      const { stdout, stderr } = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8' })
      expect(stderr).toBe('')
      expect(stdout.split('\0').slice(0, -1)).toEqual(list.length === 0 ? [''] : list)
    }),
    { numRuns: 60 },
  )
})

test('a NUL cannot be quoted', () => {
  expect(() => quote('a\0b')).toThrow(TypeError)
})
