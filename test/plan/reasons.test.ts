import { describe, expect, test } from 'vitest'
import { desire } from '../../src/plan/desire.ts'
import { plan } from '../../src/plan/plan.ts'
import type { BundleSpec, MountSpec } from '../../src/spec/types.ts'
import { bundle, image, lockOf, settled, specOf } from './samples.ts'

const APP = 'localhost/app:1'
const BASE = image(APP, ['a', 'b', 'c', 'd', 'e'])
const NAMES = { data: { type: 'volume', source: 'data', target: '/data', readonly: false } } as const
const TMP: MountSpec = { type: 'tmpfs', target: '/tmp', size: undefined, mode: 0o1777, readonly: false }

interface World {
  readonly spec?: Partial<BundleSpec>
  readonly image?: typeof BASE
  readonly privilege?: 'root' | 'rootless'
}

function world({ spec, image = BASE, privilege = 'root' }: World) {
  return desire(specOf(bundle('app', [image.reference], spec)), lockOf(image), privilege)
}

function reasons(before: World, after: World): readonly string[] {
  const observed = settled(world(before))
  const desired = world(after)
  return plan(desired, { ...observed, chains: new Set(desired.bundles.map(one => one.chainId)) }).changes[0]!
    .reasons
}

describe('what a plan says of images', () => {
  test.each<[string, typeof BASE, RegExp[]]>([
    [
      'one layer',
      image(APP, ['a', 'b', 'x', 'd', 'e']),
      [/^image localhost\/app:1 moved sha256:\w{12} -> sha256:\w{12}$/, /^layer 3 of 5 changed$/],
    ],
    ['two layers', image(APP, ['a', 'x', 'c', 'd', 'y']), [/moved/, /^layers 2, 5 of 5 changed$/]],
    ['many layers', image(APP, ['a', 'x', 'y', 'z', 'u']), [/moved/, /^4 of 5 layers changed$/]],
    [
      'a layer more',
      image(APP, ['a', 'b', 'c', 'd', 'e', 'f']),
      [/moved/, /^6 layers instead of 5, the lowest 5 as before$/],
    ],
    ['fewer layers', image(APP, ['a', 'x']), [/moved/, /^2 layers instead of 5, the lowest 1 as before$/]],
    [
      'the configuration',
      image(APP, ['a', 'b', 'c', 'd', 'e'], '2'),
      [/moved/, /^the image's configuration changed$/],
    ],
    [
      'another name',
      image('localhost/app:2', ['x']),
      [/^image localhost\/app:1 -> localhost\/app:2$/, /^1 layers instead/],
    ],
  ])('%s', (_, after, expected) => {
    const told = reasons({}, { image: after })
    expect(told).toHaveLength(expected.length)
    for (const [i, pattern] of expected.entries()) expect(told[i]).toMatch(pattern)
  })

  test('digests are cut to what people can compare', () => {
    const pin = (digit: string) => `localhost/app:1@sha256:${digit.repeat(64)}`
    const locked = (digit: string) => {
      const made = image(pin(digit), [digit])
      return {
        ...made,
        manifest: { ...made.manifest, digest: `sha256:${digit.repeat(64)}` as typeof made.manifest.digest },
      }
    }
    expect(reasons({ image: locked('a') }, { image: locked('b') })[0]).toBe(
      'image localhost/app:1@sha256:aaaaaaaaaaaa -> localhost/app:1@sha256:bbbbbbbbbbbb',
    )
  })
})

describe('what a plan says of the declaration', () => {
  test.each<[Partial<BundleSpec>, Partial<BundleSpec>, string[]]>([
    [{ user: 'redis' }, { user: 'root' }, ['user redis -> root']],
    [{}, { user: 'root' }, ["user (the image's) -> root"]],
    [{ args: ['a'] }, { args: ['b'] }, ['args changed']],
    [{}, { args: [] }, ['args changed']],
    [{ terminal: false }, { terminal: true }, ['terminal false -> true']],
    [{ runtimes: ['runc', 'bwrap'] }, { runtimes: ['bwrap', 'runc'] }, ['runtimes changed']],
    [
      { env: { A: '1', B: '2' } },
      { env: { B: '3', C: '4' } },
      ['env A removed', 'env B changed', 'env C added'],
    ],
    [{ mounts: [NAMES.data] }, { mounts: [TMP] }, ['mount /data removed', 'mount /tmp added']],
    [{ mounts: [TMP] }, { mounts: [{ ...TMP, size: 1024 }] }, ['mount /tmp changed']],
    [{ mounts: [NAMES.data, TMP] }, { mounts: [TMP, NAMES.data] }, ['order of mounts changed']],
  ])('%j -> %j', (before, after, expected) => {
    expect(reasons({ spec: before }, { spec: after })).toEqual(expected)
  })

  test('who it is for', () => {
    expect(reasons({}, { privilege: 'rootless' })).toEqual(['was made for root, now for a plain user'])
  })

  test('damage comes first', () => {
    const observed = settled(world({}), { app: { damage: 'rootfs is gone' } })
    expect(plan(world({ spec: { user: 'x' } }), observed).changes[0]!.reasons).toEqual([
      'rootfs is gone',
      "user (the image's) -> x",
    ])
  })
})
