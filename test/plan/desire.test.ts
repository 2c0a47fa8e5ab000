import { describe, expect, test } from 'vitest'
import { desire } from '../../src/plan/desire.ts'
import type { BundleSpec } from '../../src/spec/types.ts'
import { bundle, DESIRED, diffId, image, LOCK, lockOf, SPEC, specOf } from './samples.ts'

const REDIS = 'docker.io/library/redis:7'
const LOCKED = image(REDIS, ['debian', 'redis'])

function inputsOf(more: Partial<BundleSpec> = {}, privilege: 'root' | 'rootless' = 'root', locked = LOCKED) {
  return desire(specOf(bundle('redis', [REDIS], more)), lockOf(locked), privilege).bundles[0]!.inputs
}

describe('inputs', () => {
  const changes: [string, Partial<BundleSpec>][] = [
    ['args', { args: ['redis-server'] }],
    ['empty args', { args: [] }],
    ['env', { env: { TZ: 'UTC' } }],
    ['cwd', { cwd: '/data' }],
    ['user', { user: 'redis' }],
    ['hostname', { hostname: 'other' }],
    ['terminal', { terminal: true }],
    ['mounts', { mounts: [{ type: 'volume', source: 'data', target: '/data', readonly: false }] }],
    ['namespaces', { namespaces: ['pid'] }],
    ['rootfs', { rootfs: 'copy' }],
    ['runtimes', { runtimes: ['bwrap', 'runc'] }],
    ['system', { system: true }],
    ['scope', { scope: 'user' }],
    ['set', { set: { A: 'b' } }],
    ['service', { service: {} }],
    ['tmpfiles', { tmpfiles: ['d /x'] }],
    ['hostFiles', { hostFiles: false }],
  ]
  test.each(changes)('differ when %s do', (_, more) => {
    expect(inputsOf(more)).not.toBe(inputsOf())
  })

  test('differ for other layers, another configuration, and another kind of user', () => {
    expect(inputsOf({}, 'root', image(REDIS, ['debian', 'other']))).not.toBe(inputsOf())
    expect(inputsOf({}, 'root', image(REDIS, ['debian', 'redis'], '2'))).not.toBe(inputsOf())
    expect(inputsOf({}, 'rootless')).not.toBe(inputsOf())
  })

  test('differ for what the image of a system container is called: its templates may say it', () => {
    const named = (name: string) =>
      desire(
        specOf(bundle('redis', [name], { system: true })),
        lockOf({ ...LOCKED, reference: name }),
        'root',
      ).bundles[0]!.inputs
    expect(named('localhost/copy:1')).not.toBe(named(REDIS))
  })

  test('do not differ for another order of union, nor for what the image is called', () => {
    expect(inputsOf({ checkout: 'union' })).toBe(inputsOf())
    const renamed = lockOf({ ...LOCKED, reference: 'localhost/copy:1' })
    expect(desire(specOf(bundle('redis', ['localhost/copy:1'])), renamed, 'root').bundles[0]!.inputs).toBe(
      inputsOf(),
    )
  })

  test('stay the same from one version of ctrbuild to the next', () => {
    expect(inputsOf()).toMatchInlineSnapshot(
      `"sha256:a660f857985ed9b67b83b4a331ac1a4231d697e293397f7a13e4ad5a4a4f53d4"`,
    )
  })
})

describe('desire', () => {
  test('lists a layer once, with every image that brings it', () => {
    const debian = DESIRED.layers.find(layer => layer.diffId === diffId('debian'))!
    expect(DESIRED.layers).toHaveLength(5)
    expect(debian.sources.map(source => source.image)).toEqual([
      'docker.io/library/nginx:1 linux/amd64',
      'docker.io/library/redis:7 linux/amd64',
    ])
  })

  test('lists a layer once that an image has twice', () => {
    const twice = image(REDIS, ['empty', 'redis', 'empty'])
    const { layers, bundles } = desire(specOf(bundle('redis', [REDIS])), lockOf(twice), 'root')
    expect(layers.map(layer => layer.sources.length)).toEqual([1, 1])
    expect(bundles[0]!.chain).toHaveLength(3)
  })

  test('stacks the layers of several images, and runs by the last one', () => {
    const spec = specOf(bundle('both', ['docker.io/library/redis:7', 'docker.io/library/busybox:1']))
    const [both] = desire(spec, LOCK, 'root').bundles
    expect(both!.chain).toEqual(['debian', 'redis', 'redis-conf', 'busybox'].map(diffId))
    expect(both!.config).toBe(LOCK.images[0]!.config.digest)
  })

  test('refuses an image that is not locked', () => {
    expect(() => desire(SPEC, lockOf(), 'root')).toThrow(expect.objectContaining({ code: 'LOCK_OUTDATED' }))
  })
})
