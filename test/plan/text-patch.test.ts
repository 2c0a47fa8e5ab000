/** Differences of texts: patch(1) makes the second file of the first with them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execaSync } from 'execa'
import { expect, test } from 'vitest'
import { LARGEST_TEXT, textPatch } from '../../src/plan/text-patch.ts'
import { temporaryFolder } from '../support/folder.ts'
import { needs } from '../support/programs.ts'
import { randomOf } from '../support/random.ts'

const of = (before: string, after: string) => textPatch(Buffer.from(before), Buffer.from(after))

test('a line', () => {
  expect(of('a\nb\nc\n', 'a\nB\nc\n')).toBe('@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n')
  expect(of('', 'a\n')).toBe('@@ -0,0 +1 @@\n+a\n')
  expect(of('a', 'a\n')).toBe('@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n')
})

test('patch makes the second of the first', async ctx => {
  needs(ctx, 'patch')
  const folder = await temporaryFolder()
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomOf(seed)
    const text = () =>
      Array.from({ length: random.between(0, 30) }, () => `${random.pick(['a', 'b', 'ü', '', '+x'])}\n`).join(
        '',
      )
    const before = text()
    const after = random.chance(0.3)
      ? text()
      : before.replace(/b\n/, 'new\n') + random.pick(['', 'end', 'end\n'])
    const hunks = of(before, after)!
    if (before === after) expect(hunks).toBe('')
    else {
      writeFileSync(join(folder, 'file'), before)
      const input = `--- file\n+++ file\n${hunks}`
      execaSync('patch', ['--no-backup-if-mismatch', 'file'], { cwd: folder, input })
      expect(readFileSync(join(folder, 'file'), 'utf8'), `seed ${seed}`).toBe(after)
    }
  }
})

test('there is none of what nobody can read', () => {
  const bytes = (...values: number[]) => Buffer.from(values)
  expect(textPatch(bytes(0xff), bytes(0x61))).toBeUndefined()
  expect(textPatch(bytes(0x61), bytes(0x61, 0))).toBeUndefined()
  expect(textPatch(Buffer.alloc(LARGEST_TEXT + 1, 'a'), bytes(0x61))).toBeUndefined()
})

test('two files that have nothing in common take no time', () => {
  const lines = (word: string) => Array.from({ length: 16_000 }, (_, i) => `${word}${i % 10}\n`).join('')
  const began = performance.now()
  expect(of(lines('a'), lines('b'))).toBeUndefined()
  expect(performance.now() - began).toBeLessThan(2000)
})
