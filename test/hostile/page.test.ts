/** docs/hazards.md names tests that are there. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/hazards.md', ROOT), 'utf8')
/** Files of tests, each with the titles after it. */
const named = [...page.matchAll(/`(test\/[^`]+)`((?:,? "[^"]+")*)/g)]
  .filter(([, file]) => file!.endsWith('.ts'))
  .map(([, file, titles]) => [file!, [...titles!.matchAll(/"([^"]+)"/g)].map(([, title]) => title!)] as const)

test('every test that is named is there', () => {
  expect(named.length).toBeGreaterThan(40)
  const missing = named.flatMap(([file, titles]) => {
    const text = readFileSync(new URL(file, ROOT), 'utf8').replaceAll('\\', '')
    return titles.filter(title => !text.includes(title)).map(title => `${file}: ${title}`)
  })
  expect(missing).toEqual([])
})

test('every row names one', () => {
  const rows = page.split('\n').filter(line => /^\| (?!hazard)/.test(line))
  expect(rows.length).toBeGreaterThan(35)
  expect(rows.filter(row => !row.includes('`test/'))).toEqual([])
})
