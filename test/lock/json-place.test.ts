/** Values are found in JSON by their paths, wherever they stand and however the text is laid out. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { placeInJson } from '../../src/lock/json-place.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Every path of a value, with what stands there. */
function pathsOf(value: Json, path = ''): [string, Json][] {
  const inner = Array.isArray(value)
    ? value.flatMap((item, i) => pathsOf(item, `${path}[${i}]`))
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, item]) => pathsOf(item, path === '' ? key : `${path}.${key}`))
      : []
  return [[path, value], ...inner]
}

const keys = fc.stringMatching(/^[a-zA-Z]{1,4}$/)
const { tree } = fc.letrec<{ tree: Json }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(keys, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))

test('the value at a path begins where it is said to', () => {
  fc.assert(
    fc.property(tree, fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent)
      for (const [path, inner] of pathsOf(value)) {
        const first = JSON.stringify(inner)[0]!
        const at = placeInJson(text, path)
        expect(at, path).toBeDefined()
        expect(text[at!]).toBe(first)
        if (typeof inner !== 'object' || inner === null)
          expect(text.slice(at, at! + JSON.stringify(inner).length)).toBe(JSON.stringify(inner))
      }
      expect(placeInJson(text, 'nowhere.at.all')).toBeUndefined()
    }),
    { numRuns: 300 },
  )
})

test('offsets tell equal values apart', () => {
  const text = '{"a": [1, {"b": 1}], "b": 1}'
  expect(['', 'a', 'a[0]', 'a[1]', 'a[1].b', 'b'].map(path => placeInJson(text, path))).toEqual([
    0, 6, 7, 10, 16, 26,
  ])
})
