import { describe, expect, test } from 'vitest'
import { formatBytes } from '../../src/plan/bytes.ts'
import { desire } from '../../src/plan/desire.ts'
import { plan } from '../../src/plan/plan.ts'
import { type Paint, renderPlan } from '../../src/plan/render.ts'
import { bundle, DESIRED, image, LOCK, lockOf, NOTHING, SPEC, settled, specOf } from './samples.ts'

const plain: Paint = (_, text) => text
const marked: Paint = (style, text) => `<${style}>${text}</${style}>`

describe('renderPlan', () => {
  test('from nothing', () => {
    expect(renderPlan(plan(DESIRED, NOTHING, { lockSource: 'memory' }), plain)).toMatchInlineSnapshot(`
      "  + busybox  new
        + nginx    new
        + redis    new

      Note: tags were resolved just now, since there is no lock for them; apply writes it
      Note: store .ctrbuild will be created as bare-user, since you are not root

      Plan: 3 to create, 0 to update, 0 to remove. 5.0 MB to download, 5 layers of 5 to import.
      "
    `)
  })

  test('nothing to do', () => {
    expect(renderPlan(plan(DESIRED, settled(DESIRED)), plain)).toBe('No changes. 3 bundles are up to date.\n')
    expect(renderPlan(plan(desire(specOf(), LOCK, 'root'), NOTHING), plain)).toBe(
      'No changes. 0 bundles are up to date.\n',
    )
  })

  test('one of each', () => {
    const wanted = desire(
      specOf(
        bundle('busybox', ['docker.io/library/busybox:1']),
        bundle('nginx', ['docker.io/library/nginx:1'], {
          env: { A: '1', B: '2', C: '3', D: '4', E: '5' },
          user: 'www-data',
        }),
        bundle('web-server', ['docker.io/library/nginx:1']),
      ),
      lockOf(...LOCK.images.slice(0, 1), image('docker.io/library/nginx:1', ['debian', 'nginx-2'])),
      'rootless',
    )
    const made = plan(wanted, settled(DESIRED))
    expect(renderPlan(made, plain)).toMatchInlineSnapshot(`
      "  ~ nginx       image docker.io/library/nginx:1 moved sha256:4d07a2f5fc02 -> sha256:b49574d4e6fb, layer 2 of 2 changed, user (the image's) -> www-data, env A added, and 4 more
        - redis       no longer in bundles.yaml
        + web-server  new

      Plan: 1 to create, 1 to update, 1 to remove, 1 unchanged. 1.0 MB to download, 1 layer of 3 to import.
      "
    `)
    expect(renderPlan(made, marked).split('\n')[1]).toMatch(/^ {2}<red>- redis {5}<\/red> {2}no longer/)
  })

  test('limited and blocked', () => {
    const made = plan(
      DESIRED,
      { ...NOTHING, repoMode: 'bare-user', foreign: ['nginx'] },
      { targets: ['nginx'] },
    )
    expect(renderPlan(made, plain)).toMatchInlineSnapshot(`
      "  + nginx  new

      Blocked: out/nginx was not made by ctrbuild
        Move it away, or write bundles to another folder with "out:"

      Warning: the plan is partial: it is limited to nginx, and nothing else was compared

      Plan: 1 to create, 0 to update, 0 to remove. 2.0 MB to download, 2 layers of 2 to import.
      "
    `)
  })

  test('obeys nothing that stands in a name', () => {
    const damage = 'file \x1b[2Jname\nnext\u202e is gone'
    const made = plan(desire(SPEC, LOCK, 'rootless'), settled(DESIRED, { redis: { damage } }))
    expect(renderPlan(made, plain)).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/)
    expect(renderPlan(made, plain)).toContain('file \\x1b[2Jname\\x0anext\\x202e is gone')
  })
})

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [9949, '9.9 kB'],
  [9950, '10 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [61_000_000, '61 MB'],
  [1.25e9, '1.3 GB'],
  [5e15, '5.0 PB'],
])('formatBytes(%d)', (bytes, expected) => {
  expect(formatBytes(bytes)).toBe(expected)
})
