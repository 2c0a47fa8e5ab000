import { expect, test } from 'vitest'
import { diagnosticRecord, jsonProblems, renderProblems } from '../../src/report/diagnostics.ts'
import type { Problem } from '../../src/spec/problem.ts'

function problem(more: Partial<Problem> = {}): Problem {
  return {
    severity: 'error',
    code: 'SPEC_INVALID',
    message: 'it is wrong',
    file: 'bundles.yaml',
    line: 1,
    col: 4,
    endLine: 1,
    endCol: 7,
    path: ['a'],
    ...more,
  }
}

/** The lines of the frame, without head and count. */
function frame(text: string, more: Partial<Problem> = {}, width?: number): readonly string[] {
  const rendered = renderProblems([problem(more)], { text, ...(width === undefined ? {} : { width }) })
  return rendered.split('\n').filter(line => /^ *\d* \| /.test(line))
}

test('a problem with a frame and a hint, and a count', () => {
  const problems = [
    problem({ hint: 'Do it right' }),
    problem({
      severity: 'warning',
      code: 'MOUNT_HIDDEN',
      message: 'it is odd',
      line: 12,
      col: 1,
      endLine: 12,
      endCol: 4,
    }),
  ]
  const text = `a: bcd\n${'\n'.repeat(10)}xyz`
  expect(renderProblems(problems, { text })).toMatchInlineSnapshot(`
    "bundles.yaml:1:4: error SPEC_INVALID: it is wrong
      |
    1 | a: bcd
      |    ^^^
      hint: Do it right

    bundles.yaml:12:1: warning MOUNT_HIDDEN: it is odd
       |
    12 | xyz
       | ^^^

    1 error, 1 warning
    "
  `)
})

test('nothing wrong, nothing said', () => {
  expect(renderProblems([], { text: 'a' })).toBe('')
  expect(jsonProblems([])).toBe('')
})

test('without the text, and beyond its end, there is no frame', () => {
  const bare = 'bundles.yaml:1:4: error SPEC_INVALID: it is wrong\n\n1 error\n'
  expect(renderProblems([problem()])).toBe(bare)
  expect(renderProblems([problem({ line: 9 })], { text: 'a' })).toBe(bare.replace(':1:', ':9:'))
})

test('more than the limit are counted', () => {
  const problems = Array.from({ length: 5 }, (_, i) => problem({ line: i + 1 }))
  expect(renderProblems(problems, { limit: 2 })).toMatch(
    /:1:4[\s\S]*:2:4[\s\S]*\n5 errors \(3 not shown\)\n$/,
  )
})

test.each([
  ['plain', 'a: bcd e', {}, ['1 | a: bcd e', '  |    ^^^']],
  ['an empty stretch', 'a: bcd', { endCol: 4 }, ['1 | a: bcd', '  |    ^']],
  ['at the end of the line', 'a:', { col: 3, endCol: 3 }, ['1 | a:', '  |   ^']],
  ['no end', 'a: bcd', { endLine: undefined, endCol: undefined }, ['1 | a: bcd', '  |    ^']],
  ['several lines', 'a: [b,\nc]', { endLine: 2, endCol: 3 }, ['1 | a: [b,', '  |    ^^^']],
  ['tabs', 'a:\t\tbcd', { col: 5, endCol: 8 }, ['1 | a:    bcd', '  |       ^^^']],
  ['wide characters', '日本: bcd', { col: 5, endCol: 8 }, ['1 | 日本: bcd', '  |       ^^^']],
  ['a wide stretch', 'a: 日😀', { col: 4, endCol: 7 }, ['1 | a: 日😀', '  |    ^^^^']],
  ['combining marks', 'e\u0301: bcd', { col: 5, endCol: 8 }, ['1 | e\u0301: bcd', '  |    ^^^']],
  [
    'control characters',
    'a\x1b[31m: bcd',
    { col: 9, endCol: 12 },
    ['1 | a\\x1b[31m: bcd', '  |            ^^^'],
  ],
  [
    'the other direction',
    'a\u202e: bcd',
    { col: 5, endCol: 8 },
    ['1 | a\\u{202e}: bcd', '  |            ^^^'],
  ],
  ['CRLF', 'a: bcd\r\nx', {}, ['1 | a: bcd', '  |    ^^^']],
  ['a byte order mark', '\ufeffa: bcd', {}, ['1 | a: bcd', '  |    ^^^']],
] as const)('frames: %s', (_, text, more, expected) => {
  const given = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined))
  const base = problem()
  const isEndless = 'endLine' in more && more.endLine === undefined
  const { endLine: _line, endCol: _col, ...endless } = base
  const shown = { ...(isEndless ? endless : base), ...given } as Problem
  const rendered = renderProblems([shown], { text })
  expect(rendered.split('\n').filter(line => / \| /.test(line))).toEqual(expected)
})

test.each([
  ['at the start', 0, ['1 | 0123456789abcdefghijklmnopqrstuvwxy…', '  | ^^^']],
  ['in the middle', 40, ['1 | …vwxyz0123456789abcdefghijklmnopqrs…', '  |           ^^^']],
  ['at the end', 105, undefined],
])('a long line is cut, but not where it matters: %s', (_, start, expected) => {
  const line = '0123456789abcdefghijklmnopqrstuvwxyz'.repeat(3)
  const shown = frame(line, { col: start + 1, endCol: start + 4 }, 40)
  if (expected !== undefined) expect(shown).toEqual(expected)
  expect(shown[0]!.length).toBeLessThanOrEqual(40)
  const [first, last] = [shown[1]!.indexOf('^'), shown[1]!.lastIndexOf('^')]
  expect(shown[0]!.slice(first, last + 1)).toBe(line.slice(start, start + 3))
})

test('a line of a megabyte does not take for ever', () => {
  const line = 'x'.repeat(1024 * 1024)
  const many = Array.from({ length: 1000 }, (_, i) => problem({ col: 1000 * i + 1, endCol: 1000 * i + 900 }))
  const started = performance.now()
  renderProblems(many, { text: line })
  expect(performance.now() - started).toBeLessThan(60_000)
})

test('colour only when asked, and whatever the stream', () => {
  expect(renderProblems([problem()], { text: 'a: bcd' })).not.toContain('\x1b')
  const colored = renderProblems([problem({ hint: 'h' })], { text: 'a: bcd', color: true })
  expect(colored).toContain('\x1b[31m')
  expect(colored.replace(/\x1b\[\d+m/g, '')).toBe(
    renderProblems([problem({ hint: 'h' })], { text: 'a: bcd' }),
  )
})

test('nothing that a terminal would obey comes through', () => {
  const evil = 'x\x1b[2J\x07\x9b31m\u202e\n\r'
  const rendered = renderProblems([problem({ message: evil, hint: evil, file: evil })], { text: evil })
  expect(rendered.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e]/)
})

test('as JSON, with the same keys always', () => {
  expect(diagnosticRecord(problem({ hint: 'h' }))).toEqual({
    type: 'diagnostic',
    severity: 'error',
    code: 'SPEC_INVALID',
    file: 'bundles.yaml',
    line: 1,
    col: 4,
    endLine: 1,
    endCol: 7,
    path: ['a'],
    message: 'it is wrong',
    hint: 'h',
  })
  const lines = jsonProblems([problem(), problem({ message: 'a\nb' })]).split('\n')
  expect(lines).toHaveLength(3)
  expect(lines.slice(0, 2).map(line => Object.keys(JSON.parse(line)))).toEqual([
    ['type', 'severity', 'code', 'file', 'line', 'col', 'endLine', 'endCol', 'path', 'message', 'hint'],
    ['type', 'severity', 'code', 'file', 'line', 'col', 'endLine', 'endCol', 'path', 'message', 'hint'],
  ])
})
