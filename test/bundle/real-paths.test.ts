import { describe, expect, test } from 'vitest'
import { lint } from '../../src/bundle/lint.ts'
import type { MountSpec } from '../../src/spec/types.ts'
import { bytesOf, type Dir, IMPLIED_META, type Node } from '../../src/tree/node.ts'
import { realPathsIn } from '../../src/tree/points.ts'
import { sampleBundle, sampleSpec } from './sample.ts'

const dir = (children: Record<string, Node>): Dir => ({
  kind: 'dir',
  meta: IMPLIED_META,
  implied: false,
  children: new Map(Object.entries(children).map(([name, node]) => [bytesOf(name), node])),
})
const link = (target: string): Node => ({
  kind: 'symlink',
  meta: IMPLIED_META,
  target: bytesOf(target),
  checksum: '',
})

const TREE = dir({
  var: dir({ run: link('/run'), up: link('../../../oldroot/etc') }),
  run: dir({}),
  data: link('/oldroot/etc'),
  early: link('tmp'),
  dev: link('/'),
  hole: link('/proc/self'),
  circle: link('circle'),
})
const realPath = realPathsIn(TREE)

const volume = (target: string): MountSpec => ({ type: 'volume', source: 'v', target, readonly: false })
const tmpfs = (target: string): MountSpec => ({
  type: 'tmpfs',
  target,
  size: undefined,
  mode: 0o755,
  readonly: false,
})

function configWith(mounts: readonly MountSpec[], keys: object = {}) {
  return sampleBundle({ spec: sampleSpec({ mounts, ...keys }), realPath }).config
}

test.each([
  ['/data', '/oldroot/etc'],
  ['/data/a', '/oldroot/etc/a'],
  ['/var/up/a', '/oldroot/etc/a'],
  ['/var/run/a', '/run/a'],
  ['/dev/x', '/dev/x'],
  ['/nothing/x', '/nothing/x'],
])('a volume on %s is mounted on %s', (target, real) => {
  const { mounts } = configWith([volume(target)])
  expect(mounts.filter(({ source }) => source === 'mounts/v').map(mount => mount.destination)).toEqual([real])
})

test.each(['/hole', '/circle'])('%s stays, to be refused where it is made', target => {
  expect(configWith([volume(target)]).mounts.map(mount => mount.destination)).toContain(target)
})

test('below another mount, the links of the image do not count', () => {
  const { mounts } = configWith([tmpfs('/var'), tmpfs('/var/run'), tmpfs('/var/run/up')])
  const given = mounts.map(mount => mount.destination).filter(target => target.startsWith('/var'))
  expect(given.sort()).toEqual(['/var', '/var/run', '/var/run/up'])
})

test.each([
  ['/early', ['/tmp', '/tmp']],
  ['/early/x', ['/tmp', '/tmp/x']],
])('a volume on %s is mounted after what would hide it', (target, destinations) => {
  const there = configWith([volume(target)]).mounts.filter(({ destination }) =>
    destination.startsWith('/tmp'),
  )
  expect(there.map(({ destination }) => destination)).toEqual(destinations)
  expect(there.at(-1)!.source).toBe('mounts/v')
})

test('the working directory, and what is hidden or read-only, are behind no link either', () => {
  const { process, linux } = configWith([], {
    cwd: '/var/run/app',
    maskedPaths: ['/data/shadow'],
    readonlyPaths: ['/var/up', '/proc/sys'],
  })
  expect(process.cwd).toBe('/run/app')
  expect(linux.maskedPaths).toEqual(['/oldroot/etc/shadow'])
  expect(linux.readonlyPaths).toEqual(['/oldroot/etc', '/proc/sys'])
})

describe('what a container may have put links into', () => {
  const { config } = sampleBundle({
    spec: sampleSpec({ mounts: [volume('/v'), tmpfs('/v/t')], cwd: '/v/w', runtimes: ['runc'] }),
  })

  test.each(['bwrap', 'bwrap-oci'] as const)('%s mounts nothing there', runtime => {
    const verdicts = lint(config, { kind: 'root' }, { runtimes: [runtime], demandsRuntimes: true })
    expect(verdicts.map(({ severity, message }) => `${severity} ${message}`)).toContain(
      `error ${runtime} would follow links in /v to mount /v/t, also out to the host`,
    )
    expect(verdicts.map(({ message }) => message)).toContain(
      `${runtime} needs /v/w to be in what is mounted on /v`,
    )
  })

  test('runc and crun do', () => {
    const wanted = { runtimes: ['runc', 'crun'] as const, demandsRuntimes: true }
    expect(lint(config, { kind: 'root' }, wanted)).toEqual([])
  })
})
