import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseEnvFile } from '../../src/spec/env-file.ts'

test.each([
  ['A=1', { A: '1' }],
  ['A=', { A: '' }],
  ['A=1\nB=2\nA=3\n', { A: '3', B: '2' }],
  ['\ufeffA=1\r\nB=2\r\n', { A: '1', B: '2' }],
  ['# A=1\n\n   \n  # B=2\n  C = 3  \n', { C: '3' }],
  ['export A=1\nexport\tB=2', { A: '1', B: '2' }],
  ['A=b # comment\nB=b#no\nC=#\nD=x y  z', { A: 'b', B: 'b#no', C: '', D: 'x y  z' }],
  [`A='b "c" \\n $X' # comment`, { A: 'b "c" \\n $X' }],
  [`A="b 'c' \\n\\r\\t\\"\\\\\\$\\x" # comment`, { A: "b 'c' \n\r\t\"\\$\\x" }],
  [`A=""\nB=''`, { A: '', B: '' }],
  ['A=a=b=c', { A: 'a=b=c' }],
  ['A=it\'s "fine"', { A: 'it\'s "fine"' }],
  ['a.b-c_1=x', { 'a.b-c_1': 'x' }],
  ['A=é€😀', { A: 'é€😀' }],
  ['__proto__=x', JSON.parse('{"__proto__":"x"}')],
])('%j', (text, variables) => {
  const { mistakes, ...file } = parseEnvFile(text)
  expect(mistakes).toEqual([])
  expect(Object.entries(file.variables)).toEqual(Object.entries(variables))
})

test.each([
  ['A', 'must be NAME=VALUE: what the host has set is never taken'],
  ['A: b', 'must be NAME=VALUE: what the host has set is never taken'],
  ['export A', 'must be NAME=VALUE: what the host has set is never taken'],
  ['=b', 'has the name "": letters, digits, "_", "." and "-", no digit first'],
  ['1A=b', 'has the name "1A": letters, digits, "_", "." and "-", no digit first'],
  ['A B=b', 'has the name "A B": letters, digits, "_", "." and "-", no digit first'],
  ['$(id)=b', 'has the name "$(id)": letters, digits, "_", "." and "-", no digit first'],
  ['A="b', 'has no closing "'],
  [`A='b`, "has no closing '"],
  ['A="b\\"', 'has no closing "'],
  ['A="b"c', 'goes on after the closing "'],
  ['A=a\0b', 'holds a character that no program can be given'],
])('refused: %j', (text, claim) => {
  expect(parseEnvFile(`X=1\n${text}\nY=2`)).toEqual({
    variables: { X: '1', Y: '2' },
    mistakes: [{ line: 2, claim }],
    doubts: [],
  })
})

test.each([
  ['A=$HOME', 1],
  [`A=\${HOME}`, 1],
  ['A="$(id)"', 1],
  ["A='$HOME'", 0],
  ['A="\\$HOME"', 0],
  ['A=5$', 0],
  ['A=$5', 0],
])('a "$" that a shell would read: %s', (text, count) => {
  expect(parseEnvFile(text).doubts).toHaveLength(count)
})

test('no line makes two variables, whatever is in it, and what is quoted comes back', () => {
  const value = fc.string({ unit: 'binary' }).filter(text => !/[\0\p{Surrogate}\n\r]/u.test(text))
  fc.assert(
    fc.property(value, text => {
      const escaped = text.replace(/["\\$]/g, '\\$&')
      const single = text.replaceAll("'", '')
      const file = `A="${escaped}"\nB='${single}'\n`
      expect(parseEnvFile(file).variables).toEqual({ A: text, B: single })
    }),
  )
})
