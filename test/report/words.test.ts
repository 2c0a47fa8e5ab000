import { describe, expect, test } from 'vitest'
import { CtrbuildError } from '../../src/errors.ts'
import { colorFromEnv, isColored, paintFor } from '../../src/report/color.ts'
import { errorRecord, renderError } from '../../src/report/error.ts'
import { cutEnd, cutStart, pad, widthOf } from '../../src/report/fit.ts'
import { counted, formatCount, formatDuration, formatRate } from '../../src/report/format.ts'
import { sink } from './terminal.ts'

const plain = (_: string, text: string) => text

test.each([
  [0, '0.0 s'],
  [9.94, '9.9 s'],
  [9.95, '10 s'],
  [59.4, '59 s'],
  [59.6, '1 min 0 s'],
  [125, '2 min 5 s'],
  [3599.6, '1 h 0 min'],
  [3720, '1 h 2 min'],
])('formatDuration(%d)', (seconds, expected) => {
  expect(formatDuration(seconds)).toBe(expected)
})

test('counts and rates', () => {
  expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567'])
  expect([counted(1, 'layer'), counted(0, 'entry', 'entries')]).toEqual(['1 layer', '0 entries'])
  expect(formatRate(3_240_000)).toBe('3.2 MB/s')
})

test('text is cut by columns', () => {
  expect(cutEnd('abcdef', 4)).toBe('abc…')
  expect(cutStart('abcdef', 4)).toBe('…def')
  expect(cutEnd('界界界', 4)).toBe('界…')
  expect([widthOf('界a'), pad('界', 4)]).toEqual([3, '界  '])
})

describe('colour', () => {
  test.each([
    [{}, 'auto'],
    [{ NO_COLOR: '' }, 'auto'],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, 'never'],
    [{ FORCE_COLOR: '' }, 'always'],
    [{ FORCE_COLOR: '0' }, 'never'],
    [{ TERM: 'dumb' }, 'never'],
  ])('%j -> %s', (env, expected) => {
    expect(colorFromEnv(env as Readonly<Record<string, string>>)).toBe(expected)
  })

  test('goes to terminals, or where it is forced', () => {
    expect(isColored('auto', sink())).toBe(false)
    expect(isColored('auto', { ...sink(), isTTY: true })).toBe(true)
    expect(paintFor('always', sink())('red', 'x')).toBe('\x1b[31mx\x1b[39m')
    expect(paintFor('never', { ...sink(), isTTY: true })('red', 'x')).toBe('x')
  })
})

describe('errors', () => {
  test('have a code, a hint, and causes that are not said already', () => {
    const cause = new Error('outer: inner', {
      cause: new Error('inner', { cause: new Error('root\x1b[0m') }),
    })
    const error = new CtrbuildError('DIFFID_MISMATCH', 'layer\n  wanted a\n   found b', {
      hint: 'Fetch it anew',
      cause,
    })
    expect(renderError(error, plain)).toMatchInlineSnapshot(`
      "error DIFFID_MISMATCH: layer
            wanted a
             found b
        hint: Fetch it anew
        cause: outer: inner
        cause: root\\x1b[0m
      "
    `)
  })

  test('of the operating system have no stack', () => {
    const error = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', syscall: 'open' })
    expect(renderError(error, plain)).toBe('error FAILED: ENOENT: no such file\n')
  })

  test('of the programmer have one', () => {
    expect(renderError(new TypeError('x is not a function'), plain)).toMatch(
      /please report it\nTypeError: x.*\n +at /,
    )
    expect(renderError('text', plain)).toBe('error FAILED: text\n')
  })

  test('are records for programs', () => {
    const error = new CtrbuildError('OFFLINE', 'no network', { hint: 'Go online' })
    expect(errorRecord(error)).toEqual({
      type: 'error',
      code: 'OFFLINE',
      message: 'no network',
      hint: 'Go online',
    })
    expect(errorRecord(3)).toMatchObject({ type: 'error', code: 'FAILED', message: '3' })
  })
})
