import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../src/oci/canonical-json.ts'

test('members are sorted, what is undefined is left out, and a newline ends the text', () => {
  const value = { b: [1, { z: null, a: 'ü\n' }], a: {}, c: [], d: undefined, 10: true, 9: false }
  expect(canonicalJson(value)).toMatchInlineSnapshot(`
    "{
      "10": true,
      "9": false,
      "a": {},
      "b": [
        1,
        {
          "a": "ü\\n",
          "z": null
        }
      ],
      "c": []
    }
    "
  `)
})

test('whole numbers of any size are exact', () => {
  expect(canonicalJson({ a: 2n ** 64n - 1n, b: -1n, c: 2 ** 53 })).toBe(
    '{\n  "a": 18446744073709551615,\n  "b": -1,\n  "c": 9007199254740992\n}\n',
  )
})

test('a member may have any name', () => {
  const value = JSON.parse('{"__proto__": {"x": 1}, "": 2}')
  expect(JSON.parse(canonicalJson(value))).toEqual(value)
})

test.each([[Number.NaN], [() => 1], [[undefined]], [new Date(0)], [undefined]])('%s is refused', value => {
  expect(() => canonicalJson(value)).toThrow(TypeError)
})

test('any JSON value reads back, and is a fixed point', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const text = canonicalJson(value)
      expect(text).toBe(canonicalJson(JSON.parse(text)))
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('the order in which members were added does not matter', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.integer())), entries => {
      const distinct = [...new Map(entries)]
      expect(canonicalJson(Object.fromEntries(distinct))).toBe(
        canonicalJson(Object.fromEntries(distinct.toReversed())),
      )
    }),
  )
})
