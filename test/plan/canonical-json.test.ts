import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../src/oci/canonical-json.ts'

test('sorts keys, indents by two, ends with a newline, leaves out what is undefined', () => {
  expect(canonicalJson({ b: [1, { z: null, a: 'ä\n' }], a: {}, 10: [], 9: undefined })).toBe(
    '{\n  "10": [],\n  "a": {},\n  "b": [\n    1,\n    {\n      "a": "ä\\n",\n      "z": null\n    }\n  ]\n}\n',
  )
})

test('is a fixed point, and says the same as JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), value => {
      const text = canonicalJson(value)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(canonicalJson(JSON.parse(text))).toBe(text)
    }),
  )
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, () => 1, Symbol('x'), [undefined]])('refuses %s', value => {
  expect(() => canonicalJson(value)).toThrow()
})
