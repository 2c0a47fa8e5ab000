/** Templates of /exports against Python's string.Template, and what is said when one cannot be rendered. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these templates are not of this language
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tryProgram } from '../../src/sys/program.ts'
import { escapeTemplate, render, variablesOf } from '../../src/system/template.ts'
import { needs } from '../support/programs.ts'

const template = (text: string) => ({ path: '/exports/x.template', text })
const VALUES = new Map([
  ['A', 'one'],
  ['_b2', '$A'],
  ['EMPTY', ''],
])
const rendered = (text: string) => render(template(text), VALUES).text

test.each([
  ['$A ${A} $A.', 'one one one.'],
  ['$_b2${_b2}x', '$A$Ax'],
  ['a $$A b$$', 'a $A b$'],
  ['$$$A', '$one'],
  ['$EMPTY|', '|'],
  ['', ''],
])('%s', (text, expected) => {
  expect(rendered(text)).toBe(expected)
})

test('names every variable once, and "$$" is none', () => {
  expect(variablesOf(template('$B $A ${B} $$C $$'))).toEqual(['B', 'A'])
})

test('renders as Python does', async ctx => {
  needs(ctx, 'python3')
  const piece = fc.constantFrom(
    '$',
    '$$',
    '$A',
    '${A}',
    '${_b2}',
    '$_b2',
    '{',
    '}',
    'A',
    ' ',
    '\n',
    'é',
    '${A',
    '$1',
  )
  const texts = fc.sample(
    fc.array(piece, { maxLength: 8 }).map(parts => parts.join('')),
    { numRuns: 400, seed: 7 },
  )
  const script = `
import json, string, sys
values = {'A': 'one', '_b2': '$A'}
def render(text):
    try: return string.Template(text).substitute(values)
    except (KeyError, ValueError): return None
print(json.dumps([render(text) for text in json.load(sys.stdin)]))`
  const { stdout } = await tryProgram(['python3', '-c', script], { input: JSON.stringify(texts) })
  const ours = texts.map(text => {
    try {
      return rendered(text)
    } catch {
      return null
    }
  })
  expect(ours).toEqual(JSON.parse(stdout.toString()))
})

test('an escaped text renders to itself', () => {
  fc.assert(fc.property(fc.string(), text => rendered(escapeTemplate(text)) === text))
})

test('what was rendered is traced back', () => {
  const { text, origin } = render(template('ab ${A} $$ cd'), VALUES)
  expect(text).toBe('ab one $ cd')
  expect([0, 3, 5, 7, 9, 10].map(origin)).toEqual([0, 3, 3, 8, 11, 12])
})

describe('mistakes point into the template', () => {
  test.each([
    ['a\n  $ b', 'TEMPLATE_INVALID', '/exports/x.template:2:3: a "$" that begins no variable'],
    ['a\n b ${X} $Y $X', 'VARIABLE_MISSING', '/exports/x.template:2:4: the variables X, Y have no value'],
    ['$X', 'VARIABLE_MISSING', '/exports/x.template:1:1: the variable X has no value'],
  ])('%j', (text, code, message) => {
    expect(() => rendered(text)).toThrowError(expect.objectContaining({ code, message }))
  })
})
