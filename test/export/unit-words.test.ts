/** systemd reads words and variables as they were meant. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commandWord, listWord, unitText } from '../../src/export/unit-words.ts'
import { needs } from '../support/programs.ts'
import { loadUnit } from '../support/systemd.ts'

const odd = fc.string({ unit: fc.constantFrom(...'a/% $"\'\\;{}é\nx', 'Ω', '𝄞', '-', '@'), maxLength: 12 })

test('words of commands, over several lines too', async ctx => {
  needs(ctx, 'systemd-analyze', 'setpriv')
  const words = fc.sample(odd, { numRuns: 200, seed: 4 })
  const { commands } = await loadUnit(
    unitText({
      Service: [
        ['Type', 'oneshot'],
        ...words.map(word => ['ExecStart', `/bin/true ${commandWord(word)}`] as const),
      ],
    }),
  )
  // Variables are looked for when it starts: "$$" is "$" then. A line break is shown as "\\n", and no word has an "n".
  expect(commands.map(({ words }) => words[1]?.replaceAll('$$', '$'))).toEqual(
    words.map(word => word.replaceAll('\n', '\\n')),
  )
})

test('variables', async ctx => {
  needs(ctx, 'systemd-analyze', 'setpriv')
  const values = fc.sample(odd, { numRuns: 100, seed: 5 }).map(value => value.replaceAll('\n', ' '))
  const { settings } = await loadUnit(
    unitText({
      Service: [
        ['ExecStart', '/bin/true'],
        ...values.map((value, i) => ['Environment', listWord(`V${i}=${value}`)] as const),
      ],
    }),
  )
  expect(settings.get('Environment')).toEqual(values.map((value, i) => `V${i}=${value}`))
})
