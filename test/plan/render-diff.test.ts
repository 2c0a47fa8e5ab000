/** What changes inside a bundle, as people read it. */
import { describe, expect, test } from 'vitest'
import type { Package } from '../../src/packages/types.ts'
import { type BundleDiff, diffBundle, type Inside, isSame } from '../../src/plan/bundle-diff.ts'
import type { Paint } from '../../src/plan/render.ts'
import { renderDiff } from '../../src/plan/render-diff.ts'
import { layer, merge } from '../support/tree.ts'

const plain: Paint = (_, text) => text

function side(label: string, tree: string, packages: readonly Package[] = [], config: unknown = {}): Inside {
  return { label, root: merge([layer(tree)]), packages, notes: [], config }
}

function difference(before: Inside, after: Inside, patch?: string): BundleDiff {
  return diffBundle('redis', before, after, { sameContent: () => true, patch: () => patch })
}

const dpkg = (name: string, version: string): Package => ({
  manager: 'dpkg',
  name,
  version,
  architecture: 'amd64',
})

test('packages first, then config.json, then files', () => {
  const before = side(
    'generation 1',
    'd /etc\nf /etc/conf 644 one\nf /etc/gone 644 x\nf /etc/mode 644 same\nl /etc/link a',
    [dpkg('libssl3', '3.0.11'), dpkg('old', '1'), dpkg('back', '2')],
    { process: { args: ['redis'], env: ['A=1'] } },
  )
  const after = side(
    'wanted',
    'd /etc\nf /etc/conf 644 three\nf /etc/mode 600 same\nl /etc/link b\nd /usr\nd /usr/new\nf /usr/new/a 644 1234\nf /usr/new/b',
    [dpkg('libssl3', '3.0.13'), dpkg('back', '1'), dpkg('fresh', '1')],
    { process: { args: ['redis', '-v'], env: ['A=1', 'B=2'] } },
  )
  const found = difference(before, after, '@@ -1 +1 @@\n-one\n\\ No newline at end of file\n+three\n')
  expect(renderDiff(found, plain, false)).toMatchInlineSnapshot(`
    "redis: generation 1 -> wanted

    Packages: 1 upgraded, 1 downgraded, 1 added, 1 removed
      ~ back     2 -> 1  downgraded
      + fresh    1
      ~ libssl3  3.0.11 -> 3.0.13
      - old      1

    config.json: 2 values
      ~ process.args    ["redis"] -> ["redis","-v"]
      + process.env[B]  "2"

    Files: 4 added, 1 removed, 3 changed, 5 B more
      ~ /etc/conf  content, 3 B -> 5 B
          @@ -1 +1 @@
          -one
          \\ No newline at end of file
          +three
      - /etc/gone  1 B
      ~ /etc/link  a -> b
      ~ /etc/mode  mode 0644 -> 0600
      + /usr/  3 below, 4 B
    "
  `)
  expect(isSame(found)).toBe(false)
})

test('no difference', () => {
  const same = difference(side('1', 'd /etc'), side('2', 'd /etc'))
  expect(isSame(same)).toBe(true)
  expect(renderDiff(same, plain, false)).toBe('redis: 1 -> 2\n\nNo difference.\n')
})

describe('much', () => {
  const tree = (count: number, folder: string) =>
    Array.from({ length: count }, (_, i) => `f /usr/share/${folder}/${i} 644 x`).join('\n')
  const many = difference(
    side('a', 'd /usr'),
    side('b', `d /usr 700\n${tree(50, 'one')}\n${tree(30, 'two')}`),
  )

  test('of one new folder is a line', () => {
    expect(renderDiff(many, plain, false)).toMatch(/\+ \/usr\/share\/ {2}82 below, 80 B\n$/)
  })

  test('in folders that are there becomes counts', () => {
    const known = 'd /usr\nd /usr/share\nd /usr/share/one\nd /usr/share/two'
    const counted = difference(
      side('a', known),
      side('b', `${known}\n${tree(50, 'one')}\n${tree(30, 'two')}`),
    )
    expect(renderDiff(counted, plain, false)).toMatch(
      /\/usr\/share\/one {2}\+50\n {2}\/usr\/share\/two {2}\+30\n/,
    )
    expect(
      renderDiff(counted, plain, true)
        .split('\n')
        .filter(line => line.startsWith('  + /usr')),
    ).toHaveLength(80)
  })

  test('is counted whole where only some of it is listed', () => {
    const some = diffBundle(undefined, side('a', 'd /usr'), side('b', tree(50, 'one')), NO_CONTENTS, 10)
    expect(some.files).toMatchObject({ added: 52, leftOut: 42 })
    expect(some.files.entries).toHaveLength(10)
    expect(renderDiff(some, plain, true)).toMatch(/ {2}and 42 more\n$/)
  })

  test('of packages is cut', () => {
    const all = Array.from({ length: 60 }, (_, i) => dpkg(`p${i}`, '1'))
    const text = renderDiff(difference(side('a', ''), side('b', '', all)), plain, false)
    expect(text).toMatch(/Packages: 60 added\n/)
    expect(text).toMatch(/ {2}and 20 more \(--all shows them\)\n/)
  })
})

const NO_CONTENTS = { sameContent: () => false, patch: () => undefined }

test('nothing in it drives a terminal', () => {
  const hostile = '\x1b]0;owned\x07\u202e'
  const before = side('a\x1b', 'f /x 644 1', [dpkg(`p${hostile}`, `1${hostile}`)], { [hostile]: hostile })
  const after = side('b', 'f /x 644 2\nf /\\x1b[2J\\xff 644\nl /l \\x1b[1m', [], {})
  const text = renderDiff(difference(before, after, `@@ -1 +1 @@\n-${hostile}\n`), plain, true)
  expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
  expect(text).toContain('/\\x1b[2J\\xff')
})

test('a path that is not text is in JSON byte by byte', () => {
  const found = difference(side('a', ''), side('b', 'f /a\\xff 644\nf /plain 644'))
  expect(found.files.entries.map(({ path, pathBytes }) => [path, pathBytes])).toEqual([
    ['/a\\xff', Buffer.from([0x2f, 0x61, 0xff]).toString('base64')],
    ['/plain', undefined],
  ])
})
