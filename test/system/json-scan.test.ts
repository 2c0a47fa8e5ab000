/** The scan of JSON agrees with JSON.parse on what is JSON, and knows where things stand. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainOf, spanAt } from '../../src/spec/document.ts'
import { scanJson } from '../../src/system/json-scan.ts'

function scannedValue(text: string): unknown {
  const scanned = scanJson(text)
  return scanned.kind === 'tree' ? { value: plainOf(scanned.root) } : 'fault'
}

function parsed(text: string): unknown {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return 'fault'
  }
}

test('it takes what JSON.parse takes, and nothing else', () => {
  const spoil = fc.record({
    json: fc.json(),
    at: fc.nat(),
    by: fc.constantFrom('', ',', '}', '"', '\\', ' ', '-', '.', 'e'),
  })
  fc.assert(
    fc.property(spoil, ({ json, at, by }) => {
      const i = at % (json.length + 1)
      for (const text of [json, json.slice(0, i) + by + json.slice(i + 1)])
        expect(JSON.stringify(scannedValue(text))).toBe(JSON.stringify(parsed(text)))
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['{"a": 1,}', 8],
  ['{"a": tru}', 6],
  ['{"a": [1 2]}', 9],
  ['{"a": "x', 6],
  ['{} x', 3],
  ['', 0],
])('%s is no JSON from %i on', (text, at) => {
  expect(scanJson(text)).toEqual({ kind: 'fault', at })
})

test('a path leads to its place', () => {
  const text = '{ "linux":\n { "namespaces": [ {"type": "pid"}, {"type": 5} ] } }'
  const scanned = scanJson(text)
  if (scanned.kind === 'fault') throw new Error('it is JSON')
  const [at] = spanAt(scanned.root, ['linux', 'namespaces', 1, 'type'])
  expect(text.slice(at, at + 1)).toBe('5')
})
