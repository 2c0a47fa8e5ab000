import { expect, test } from 'vitest'
import { lintSpec } from '../../src/bundle/lint-spec.ts'
import type { Privilege } from '../../src/bundle/types.ts'
import { oneLine, parse } from '../spec/check-spec.ts'
import { bundleOf } from './keys.ts'
import { sampleImage } from './sample.ts'

const ROOT: Privilege = { kind: 'root' }

const lines = (keys: string, privilege: Privilege = ROOT, head = '') => {
  const parsed = parse(
    `apiVersion: ctrbuild/v1\nkind: Bundles\n${head}bundles:\n  b:\n    image: i\n${keys.replace(/^(?=.)/gm, '    ')}\n`,
  )
  if (!parsed.ok) throw new Error(parsed.problems.map(oneLine).join('\n'))
  return lintSpec(parsed.spec, { privilege, file: 'bundles.yaml', locate: parsed.locate }).map(oneLine)
}

test('a runtime that is named has to be able; one that is not named is left out', () => {
  expect(lines('seccomp: default\nruntimes: [runc, bwrap-oci]')).toEqual([
    '6:14 BUNDLE_INVALID bundles.b.seccomp: bwrap-oci crashes on every filter [Change it, or leave bwrap-oci out of runtimes]',
  ])
  expect(lines('seccomp: default')).toEqual([
    'warning 6:14 RUNTIME_UNFIT bundles.b.seccomp: bwrap-oci crashes on every filter [So there is no run-bwrap-oci; name the others in runtimes to say that it is meant]',
    'warning 6:14 RUNTIME_UNFIT bundles.b.seccomp: bwrap takes filters only as compiled programs [So there is no run-bwrap; name the others in runtimes to say that it is meant]',
  ])
  const { files, warnings } = bundleOf('seccomp: default\nruntimes: [runc]')
  expect(files.map(({ path }) => path)).toEqual([
    'config.json',
    'exec',
    'logs',
    'run',
    'run-runc',
    'status',
    'stop',
  ])
  expect(warnings).toEqual([])
})

test('portable is for all, whatever runtimes says', () => {
  expect(lines('portable: true\nseccomp: default\nruntimes: [runc]')).toEqual([
    '7:14 BUNDLE_INVALID bundles.b.seccomp: bwrap-oci crashes on every filter [Change it, or leave bwrap-oci out of runtimes]',
    '7:14 BUNDLE_INVALID bundles.b.seccomp: bwrap takes filters only as compiled programs [Change it, or leave bwrap out of runtimes]',
  ])
})

test('the place is that of the mount, the entry, the patch, or what is inherited', () => {
  expect(lines('mounts:\n  - v:/v\n  - { type: tmpfs, target: /proc/x }\nruntimes: [crun]')).toEqual([
    'warning 8:9 RUNTIME_NEEDS bundles.b.mounts[1]: crun can only mount there what the kernel has a place for',
  ])
  expect(lines('sysctl:\n  kernel.sem: "1"\n  vm.swappiness: 1\nruntimes: [runc]')).toEqual([
    '8:22 BUNDLE_INVALID bundles.b.sysctl["vm.swappiness"]: runc refuses vm.swappiness, which is the host\'s and no namespace\'s [Change it, or leave runc out of runtimes]',
  ])
  expect(lines('configPatch: { linux: { rootfsPropagation: unbindable } }\nruntimes: [runc]')).toEqual([
    '6:5 BUNDLE_INVALID bundles.b.configPatch: runc cannot bind a root that is unbindable [Change it, or leave runc out of runtimes]',
  ])
  expect(lines('runtimes: [bwrap]', ROOT, 'defaults: { umask: "0027" }\n')).toEqual([
    'warning 3:20 RUNTIME_IGNORES bundles.b.umask: bwrap ignores the umask',
  ])
})

test('what breaks the specification is told with its place and section', () => {
  expect(lines('configPatch: { process: { cwd: x }, root: { path: / } }')).toEqual(
    [
      '6:5 BUNDLE_INVALID bundles.b.configPatch: process.cwd must be an absolute path (config.md, Process)',
      '6:5 BUNDLE_INVALID bundles.b.configPatch: root.path must be "rootfs", which is what the bundle has (config.md, Root)',
    ].toSorted(() => -1),
  )
  expect(
    lines(
      'uidMappings: [{ containerID: 0, hostID: 1, size: 5 }, { containerID: 4, hostID: 9, size: 5 }]\ngidMappings: auto',
    ),
  ).toEqual([
    '6:5 BUNDLE_INVALID bundles.b.uidMappings: linux.uidMappings[1] must not overlap entry 0 (config-linux.md, User namespace mappings)',
  ])
})

test('what only the image shows is told when the bundle is made', () => {
  const keys = 'runtimes: [runc, bwrap-oci]'
  expect(lines(keys)).toEqual([])
  expect(() => bundleOf(`user: redis\n${keys}`)).toThrow(
    expect.objectContaining({
      code: 'BUNDLE_INVALID',
      message:
        'bundle tiny cannot run as it is declared: bwrap-oci becomes uid 999, gid 998 only in a user namespace',
    }),
  )
})

test('the volumes of an image belong to its user under every runtime, so nothing is told of them', () => {
  const image = sampleImage({ user: '5:6', volumes: ['/data'] })
  const { config, warnings } = bundleOf('runtimes: [runc, crun, bwrap]', { image })
  expect(config.mounts.find(({ destination }) => destination === '/data')!.options).toContain('uid=5')
  expect(warnings.map(({ code }) => code)).toEqual(['VOLUME_IN_MEMORY'])
})
