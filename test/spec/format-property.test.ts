/** Whatever can be read can be brought into canonical form, and loses nothing by it. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatSpec } from '../../src/spec/format/format.ts'
import { readYaml } from '../../src/spec/yaml.ts'
import { inBundle, parse } from './check-spec.ts'
import { EVERYTHING, FILES } from './everything.ts'

/** More of them with RUNS in the environment. */
const RUNS = Number(process.env.RUNS ?? 60)
const DEMO = readFileSync(new URL('../../bundles.yaml', import.meta.url), 'utf8')
const FOLDED = `apiVersion: ctrbuild/v1
kind: Bundles
images: { a: { image: 'x.test/i:1', platform: linux/amd64 }, b: { "image": x.test/j:2 } }
bundles:
  one:
    env:
      TEXT: |
        two
          lines
      KEPT: |+
        with the end

      FOLDED: >-
        some
        words
      QUOTED: "over
        lines"
      PLAIN: some
        words
    image: [a,
      b]
    mounts:
    - type: tmpfs
      target: /tmp
    - target: /data
      source: data
      type: volume
    args:
      - sh
      - -c
      - |2
           indented
          less
`
const SOURCES = [DEMO, FOLDED, inBundle(EVERYTHING)]

const comment = fc.stringMatching(/^[ !#-~é]{0,12}$/).map(text => `#${text}`)

/** What is put before a line: empty lines, and comments anywhere. */
const above = fc.array(
  fc.oneof(
    fc.constant(''),
    fc.tuple(fc.nat(10), comment).map(([indent, text]) => ' '.repeat(indent) + text),
  ),
  { maxLength: 3 },
)
const beside = fc.option(
  comment.map(text => ` ${text}`),
  { nil: '' },
)

/** A source with comments and empty lines strewn in; not all are YAML any more. */
const commented = fc.constantFrom(...SOURCES).chain(source => {
  const lines = source.trimEnd().split('\n')
  const strewn = fc.tuple(
    fc.array(above, { minLength: lines.length, maxLength: lines.length, size: 'max' }),
    fc.array(beside, { minLength: lines.length, maxLength: lines.length, size: 'max' }),
    fc.nat(9),
  )
  return strewn.map(([before, after, rarity]) =>
    lines
      .flatMap((line, i) =>
        (i * 7 + rarity) % 10 < rarity
          ? [line]
          : [...before[i]!, `${line}${/[|>+-]$/.test(line) ? '' : after[i]}`],
      )
      .join('\n'),
  )
})

/** Lines taken out, put in twice, or set in otherwise. */
const shuffled = fc.constantFrom(...SOURCES).chain(source => {
  const lines = source.trimEnd().split('\n')
  return fc
    .array(fc.tuple(fc.nat(lines.length - 1), fc.constantFrom('drop', 'deeper', 'swap', 'gap')), {
      maxLength: 4,
    })
    .map(edits => {
      const edited = [...lines]
      for (const [at, edit] of edits) {
        const line = edited[at] ?? ''
        if (edit === 'drop') edited[at] = ''
        if (edit === 'deeper') edited[at] = `  ${line}`
        if (edit === 'gap') edited[at] = `${line}\n\n\n`
        if (edit === 'swap' && at > 0) [edited[at - 1], edited[at]] = [line, edited[at - 1] ?? '']
      }
      return edited.join('\n')
    })
})

function comments(text: string): string[] {
  return [...text.matchAll(/(?:^|\s)(#.*)$/gm)].map(match => match[1]!.trimEnd()).sort()
}

function canRead(text: string): boolean {
  const { root, problems } = readYaml(text, 'f')
  return root !== undefined && problems.length === 0
}

test.each([
  ['comments and empty lines anywhere', commented, RUNS],
  ['lines moved', shuffled, RUNS],
])('%s: nothing is lost, and a second time changes nothing', (_, texts, numRuns) => {
  let read = 0
  fc.assert(
    fc.property(texts, text => {
      const formatted = formatSpec(text, 'f')
      expect(formatted.ok).toBe(canRead(text))
      if (!formatted.ok) return
      read++
      const once = formatted.text
      expect(formatSpec(once, 'f')).toEqual({ ok: true, text: once })
      expect(comments(once)).toEqual(comments(text))
      const [before, after] = [parse(text, FILES), parse(once, FILES)]
      expect(after.ok).toBe(before.ok)
      if (before.ok && after.ok) expect(after.spec).toEqual(before.spec)
      expect(once).toMatch(/[^\n]\n$/)
      expect(formatSpec(text.replaceAll('\n', '\r\n'), 'f')).toEqual(formatted)
    }),
    { numRuns },
  )
  expect(read).toBeGreaterThan(numRuns / 10)
})
