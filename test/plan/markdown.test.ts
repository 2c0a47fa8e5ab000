/** Plans as comments on pull requests. */
import { describe, expect, test } from 'vitest'
import type { Detail } from '../../src/plan/bundle-diff.ts'
import { desire } from '../../src/plan/desire.ts'
import { planMarkdown } from '../../src/plan/markdown.ts'
import { asCode } from '../../src/plan/markdown-code.ts'
import { plan } from '../../src/plan/plan.ts'
import { bundle, DESIRED, image, LOCK, lockOf, NOTHING, settled, specOf } from './samples.ts'

test('a table of what changes and why, then what it comes to', () => {
  const wanted = desire(
    specOf(
      bundle('busybox', ['docker.io/library/busybox:1']),
      bundle('nginx', ['docker.io/library/nginx:1'], { env: { A_B: 'secret' } }),
      bundle('web', ['docker.io/library/nginx:1']),
    ),
    lockOf(...LOCK.images.slice(0, 1), image('docker.io/library/nginx:1', ['debian', 'nginx-2'])),
    'rootless',
  )
  expect(
    planMarkdown(plan(wanted, settled(DESIRED), { lockSource: 'memory' }), 60_000),
  ).toMatchInlineSnapshot(`
    "### ctrbuild plan

    | | bundle | why |
    |---|---|---|
    | \`~\` | <code>nginx</code> | <code>image docker.io/library/nginx&#58;1 moved sha256&#58;4d07a2f5fc02 -&#62; sha256&#58;b49574d4e6fb</code><br><code>layer 2 of 2 changed</code><br><code>env A&#95;B added</code> |
    | \`-\` | <code>redis</code> | <code>no longer in bundles.yaml</code> |
    | \`+\` | <code>web</code> | <code>new</code> |

    Note: <code>tags were resolved just now, since there is no lock for them; apply writes it</code>

    Plan: 1 to create, 1 to update, 1 to remove, 1 unchanged. 1.0 MB to download, 1 layer of 3 to import.
    "
  `)
  expect(planMarkdown(plan(DESIRED, settled(DESIRED)), 60_000)).toBe(
    '### ctrbuild plan\n\nNo changes. 3 bundles are up to date.\n',
  )
})

test('what blocks it comes first', () => {
  const text = planMarkdown(plan(DESIRED, { ...NOTHING, foreign: ['nginx'] }, { targets: ['nginx'] }), 60_000)
  expect(text).toMatch(/\n\*\*Blocked:\*\* <code>out\/nginx was not made by ctrbuild<\/code>/)
  expect(text).toMatch(/\n\*\*Warning:\*\* <code>the plan is partial/)
})

describe('many changes', () => {
  const names = Array.from({ length: 2000 }, (_, i) => `bundle-${String(i).padStart(4, '0')}`)
  const made = plan(
    desire(specOf(...names.map(name => bundle(name, ['docker.io/library/redis:7']))), LOCK, 'root'),
    { ...NOTHING, repoMode: 'bare' },
  )

  test.each([1000, 1001, 5000, 60_000, 65_536])('fit into %d characters, by whole rows', maxChars => {
    const text = planMarkdown(made, maxChars)
    const rows = text.split('\n').filter(line => line.startsWith('| `+`'))
    expect(text.length).toBeLessThanOrEqual(maxChars)
    expect(text.length).toBeGreaterThan(maxChars - 150)
    for (const row of rows)
      expect(row).toMatch(/^\| `\+` \| <code>bundle-\d{4}<\/code> \| <code>new<\/code> \|$/)
    expect(text).toContain(`… and ${2000 - rows.length} more bundles.\n`)
    expect(text).toMatch(/Plan: 2000 to create, .*\n$/)
  })

  test('are all there where they fit', () => {
    const text = planMarkdown(made, 1_000_000)
    expect(text.match(/^\| `\+`/gm)).toHaveLength(2000)
    expect(text).not.toContain('more bundles')
  })
})

test.each([
  ['a|b`c`', '<code>a&#124;b&#96;c&#96;</code>'],
  ['<img src=x> & "y"', '<code>&#60;img src&#61;x&#62; &#38; &#34;y&#34;</code>'],
  [
    '*bold* _it_ ~no~ [a](b) #1 @all :x: !',
    '<code>&#42;bold&#42; &#95;it&#95; &#126;no&#126; &#91;a&#93;&#40;b&#41; &#35;1 &#64;all &#58;x&#58; &#33;</code>',
  ],
  ['https://x.test www.x.test', '<code>https&#58;//x.test www&#46;x.test</code>'],
  ['one\ntwo\x1b[31m', '<code>one&#92;x0atwo&#92;x1b&#91;31m</code>'],
])('%j is data', (text, expected) => {
  expect(asCode(text)).toBe(expected)
})

describe('what changes inside', () => {
  const detail = (name: string, path: string, files: number): Detail => ({
    formatVersion: 1,
    name,
    from: 'generation 1',
    to: 'wanted',
    packages: [
      { kind: 'upgraded', manager: 'dpkg', name: 'libc6', architecture: 'amd64', before: '1', after: '2' },
    ],
    config: [
      { path: 'process.env[TOKEN]', before: 'canary', after: 'canary-2' },
      { path: 'process.args', before: ['a', 'canary'], after: ['b', 'canary'] },
      { path: 'hooks.prestart[0].env[TOKEN]', after: 'canary' },
      { path: 'hostname', before: 'old', after: 'new' },
    ],
    files: {
      added: files,
      removed: 0,
      changed: 0,
      bytes: 0,
      entries: Array.from({ length: files }, (_, i) => ({
        kind: 'added',
        path: `${path}${i}`,
        after: { type: 'file' },
      })),
      leftOut: 0,
    },
    notes: [],
  })
  const made = plan(DESIRED, settled(DESIRED, { redis: { damage: 'gone' } }))

  test('is folded away, without values of variables and arguments', () => {
    const text = planMarkdown({ ...made, details: [detail('redis', '/a</pre><b>&', 1)] }, 60_000)
    const [, block] = /\n\n(<details>[\s\S]*<\/details>\n)$/.exec(text)!
    expect(block).toMatch(/^<details><summary><code>redis<\/code><\/summary>\n<pre>\n/)
    expect(block).toContain('libc6  1 -&gt; 2')
    expect(block).toMatch(/hostname .*old.* -&gt; .*new/)
    expect(block).toMatch(/process.env\[TOKEN\] .*not shown here/)
    expect(block).not.toContain('canary')
    expect(block!.match(/<\/?pre>/g)).toEqual(['<pre>', '</pre>'])
    expect(block).toContain('/a&lt;/pre&gt;&lt;b&gt;&amp;0')
  })

  test('is left out by whole blocks, and counted', () => {
    const details = Array.from({ length: 50 }, (_, i) => detail(`b${i}`, '/file', 20))
    for (const maxChars of [1000, 3000, 10_000]) {
      const text = planMarkdown({ ...made, details }, maxChars)
      const blocks = text.match(/<details>/g)?.length ?? 0
      expect(text.length).toBeLessThanOrEqual(maxChars)
      expect(text.match(/<\/details>/g)?.length ?? 0).toBe(blocks)
      expect(text).toContain(`… and what changes inside ${50 - blocks} more.\n`)
    }
  })
})
