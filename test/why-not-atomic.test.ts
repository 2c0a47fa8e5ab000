/** docs/why-not-atomic.md names tests that are there. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const rows = [...read('docs/why-not-atomic.md').matchAll(/^\| (\d+) \|.*\| `(test\/[^`]+)`: (.*) \|$/gm)].map(
  ([, number, file, title]) => [Number(number), file!, title!] as const,
)

test('faults are numbered, and each has a test', () => {
  expect(rows.map(([number]) => number)).toEqual(rows.map((_, i) => i + 1))
  expect(rows.length).toBeGreaterThanOrEqual(18)
})

test.each(rows)('%i: %s: %s', (_, file, title) => {
  const titles = [...read(file).matchAll(/\b(?:test|it)\(\s*(['"`])(.*?)\1,/g)].map(match =>
    match[2]!.replaceAll("\\'", "'"),
  )
  expect(titles).toContain(title)
})
