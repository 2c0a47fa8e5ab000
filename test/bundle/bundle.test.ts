import { expect, test } from 'vitest'
import { bundleDigest } from '../../src/bundle/bundle.ts'
import { lint } from '../../src/bundle/lint.ts'
import { RUNTIMES } from '../../src/spec/meta.ts'
import type { BundleSpec } from '../../src/spec/types.ts'
import { ANN, bundleOf } from './keys.ts'
import { fileOf, sampleBundle, sampleSpec } from './sample.ts'

const rootfs = { tree: 'a'.repeat(64), meta: 'b'.repeat(64) }

function digestFor(keys: Partial<BundleSpec>): string {
  return bundleDigest(sampleBundle({ spec: sampleSpec(keys) }), rootfs)
}

test('a bundle has config.json, a script for each runtime and "run" for the first, and those for its container', () => {
  const { files } = sampleBundle()
  expect(files.map(({ path, mode }) => `${mode.toString(8)} ${path}`)).toEqual([
    '644 bwrap.args',
    '644 bwrap.enter',
    '644 bwrap.inside',
    '644 config.json',
    '755 exec',
    '755 logs',
    '755 run',
    '755 run-bwrap',
    '755 run-bwrap-oci',
    '755 run-crun',
    '755 run-runc',
    '755 status',
    '755 stop',
  ])
  const only = sampleBundle({ spec: sampleSpec({ runtimes: ['crun'] }) })
  expect(only.files.map(file => file.path)).toEqual([
    'config.json',
    'exec',
    'logs',
    'run',
    'run-crun',
    'status',
    'stop',
  ])
  expect(fileOf(only, 'run')).toContain('/run-crun" "$@"')
})

test('what runtimes do otherwise that nobody has named is told by the help of their scripts', () => {
  const size = { type: 'tmpfs', target: "/it's", size: 65536, mode: 0o755, readonly: false } as const
  const unnamed = sampleBundle({ spec: sampleSpec({ mounts: [size] }) })
  expect(fileOf(unnamed, 'run-bwrap-oci')).toContain(
    "'Otherwise than config.json says, it'\n  printf '%s\\n' '- ignores size=65536'\n",
  )
  expect(fileOf(unnamed, 'run-bwrap')).not.toContain('Otherwise than config.json')
  const told = (demandsRuntimes: boolean) =>
    lint(unnamed.config, { kind: 'root' }, { runtimes: RUNTIMES, demandsRuntimes }).map(
      ({ message }) => message,
    )
  expect(told(false)).toEqual([])
  expect(told(true)).toEqual(['bwrap-oci ignores size=65536'])
})

test('the same sources give the same bundle', () => {
  expect(sampleBundle()).toEqual(sampleBundle())
  expect(digestFor({})).toBe(digestFor({}))
})

test('whoever builds it, a bundle of a plain user has one digest, and its scripts name nobody', () => {
  const [ann, bob] = [1000, 2000].map(uid =>
    sampleBundle({ privilege: { kind: 'rootless', uid, gid: uid + 1 } }),
  )
  expect(fileOf(ann!, 'config.json')).not.toBe(fileOf(bob!, 'config.json'))
  expect(bundleDigest(ann!, rootfs)).toBe(bundleDigest(bob!, rootfs))
  const others = (files: typeof ann) => files!.files.filter(file => file.path !== 'config.json')
  expect(others(ann)).toEqual(others(bob))
  expect(bundleDigest(ann!, rootfs)).not.toBe(bundleDigest(sampleBundle(), rootfs))
})

test("with auto it is nobody's business how many ids the system gives; with ranges only where they are", () => {
  const auto = 'uidMappings: auto\ngidMappings: auto'
  const bob = { ...ANN, uid: 7, subids: { ...ANN.subids, uids: [{ start: 500, size: 99 }] } }
  const digest = (keys: string, privilege: typeof ANN | typeof bob) =>
    bundleDigest(bundleOf(keys, { privilege }), rootfs)
  expect(digest(auto, ANN)).toBe(digest(auto, bob))
  expect(digest(auto, ANN)).not.toBe(digest('', ANN))
  const ranges = (host: number, size: number) =>
    `uidMappings: [{ containerID: 0, hostID: ${host}, size: ${size} }]\ngidMappings: auto\nruntimes: [bwrap]`
  expect(digest(ranges(1, 5), ANN)).toBe(digest(ranges(2, 5), ANN))
  expect(digest(ranges(1, 5), ANN)).not.toBe(digest(ranges(1, 6), ANN))
})

test.each<[string, Partial<BundleSpec>]>([
  ['a variable', { env: { A: '1' } }],
  ['the command', { args: ['true'] }],
  ['the runtimes', { runtimes: ['runc'] }],
  [
    'a bind source',
    { mounts: [{ type: 'bind', source: './a', target: '/a', readonly: false, create: false }] },
  ],
  ['the rootfs being a copy', { rootfs: 'copy' }],
])('%s changes the digest', (_, keys) => {
  expect(digestFor(keys)).not.toBe(digestFor({}))
})

test('the rootfs changes the digest', () => {
  const bundle = sampleBundle()
  for (const other of [
    { ...rootfs, tree: 'c' },
    { ...rootfs, meta: 'c' },
  ]) {
    expect(bundleDigest(bundle, other)).not.toBe(bundleDigest(bundle, rootfs))
  }
})
