import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../src/oci/canonical-json.ts'
import { parseJsonText } from '../../src/spec/json-text.ts'

test('whole numbers beyond those of JavaScript stay what they are', () => {
  const text =
    '{"a": 18446744073709551615, "b": [-9223372036854775808, 1.5, 9007199254740991], "c": "18446744073709551615"}'
  expect(parseJsonText(text)).toEqual({
    a: 2n ** 64n - 1n,
    b: [-(2n ** 63n), 1.5, Number.MAX_SAFE_INTEGER],
    c: '18446744073709551615',
  })
})

test.each(['', '{', '{a: 1}', "{'a': 1}", '[1,]', '{"a": 01}', '// x\n{}', 'NaN'])('%j is no JSON', text => {
  expect(() => parseJsonText(text)).toThrow(SyntaxError)
})

test('any JSON reads as JSON.parse reads it, but for the size of numbers', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const text = JSON.stringify(value)
      expect(JSON.parse(canonicalJson(parseJsonText(text)))).toEqual(JSON.parse(text))
    }),
  )
})

test('any whole number comes back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), number => {
      expect(canonicalJson(parseJsonText(`{"n": ${number}}`))).toBe(`{\n  "n": ${number}\n}\n`)
    }),
  )
})
