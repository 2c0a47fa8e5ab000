import fc from 'fast-check'
import { expect, test } from 'vitest'
import { composeDepth, found, inBundle, parse } from './check-spec.ts'
import { EVERYTHING, FILES } from './everything.ts'

const EXAMPLE = `apiVersion: ctrbuild/v1
kind: Bundles
defaults: { env: { TZ: UTC } }
images:
  redis:
    image: docker.io/library/redis:7-alpine
    platform: linux/amd64
bundles:
  redis:
    image: [redis, "oci:dir:tag"]
    args: [redis-server, --save, ""]
    env: { A: 'x y', B: "\\x41" }
    user: redis
    mounts:
      - { type: tmpfs, target: /tmp, size: 64MiB, mode: "1777" }
      - ./conf:/etc/redis.d:ro
    namespaces: [pid, ipc, uts, mount]
`

/** Pieces that mean something to YAML or to us. */
const PIECES = [
  ' ',
  '  ',
  '\n',
  '\n  ',
  '\n- ',
  '- ',
  '? ',
  ': ',
  ':',
  ',',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '|\n',
  '>-\n',
  '#',
  '&a ',
  '*a',
  '!t ',
  '!!map ',
  '<<: ',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '\t',
  '\r\n',
  '\r',
  '\0',
  '\ufeff',
  '\ud800',
  '😀',
  '\\',
  '\\x',
  '~',
  '0777',
  '1e9',
  '.inf',
  'null',
  'true',
  '__proto__: ',
  'constructor: ',
  'bundles:',
  'images:',
  'image: ',
  'mounts:',
  'env:',
  'a',
  'a:/b',
  '/',
  '..',
  '=',
  '@',
  '`',
]

const mutated = (example: string) =>
  fc
    .array(fc.tuple(fc.nat(example.length), fc.nat(20), fc.constantFrom(...PIECES)), {
      minLength: 1,
      maxLength: 8,
    })
    .map(edits =>
      edits.reduce(
        (text, [at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length),
        example,
      ),
    )

const assembled = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map(pieces => pieces.join(''))

test('the example is good', () => {
  expect(found(EXAMPLE)).toEqual([])
})

test.each([
  ['any text', fc.string({ unit: 'binary', maxLength: 200 })],
  ['pieces of YAML', assembled],
  ['an example with edits', mutated(EXAMPLE)],
  ['every key, with edits', mutated(inBundle(EVERYTHING))],
])('%s: never throws, says why, and points into the text', (_, texts) => {
  fc.assert(
    fc.property(texts, text => {
      const parsed = parse(text, FILES)
      const problems = parsed.ok ? parsed.warnings : parsed.problems
      expect(problems.some(problem => problem.severity === 'error')).toBe(!parsed.ok)
      const lines = text.replace(/^\ufeff/, '').split('\n')
      for (const { line, col, endLine = line, endCol = col, message } of problems) {
        expect(message).not.toMatch(/undefined|\[object|\n/)
        expect(line).toBeGreaterThanOrEqual(1)
        expect(line).toBeLessThanOrEqual(lines.length)
        expect(col).toBeLessThanOrEqual(lines[line - 1]!.length + 1)
        expect(endLine > line || (endLine === line && endCol >= col)).toBe(true)
      }
    }),
    { numRuns: 500 },
  )
})

test('whatever the scan lets through nests no deeper than it promises', () => {
  const opening = fc.constantFrom(
    '- ',
    '? ',
    ': ',
    'a: ',
    '[',
    '{',
    '\n',
    '\n ',
    '\n  - ',
    '"',
    '[a]: ',
    '}',
    ']',
    '{a: ',
    '? - ',
    '|\n',
  )
  const unit = fc.array(opening, { minLength: 1, maxLength: 4 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(unit, fc.nat(300), unit, (first, times, last) => {
      expect(composeDepth(first.repeat(times) + last.repeat(times))).toBeLessThan(200)
    }),
    { numRuns: 500 },
  )
})
