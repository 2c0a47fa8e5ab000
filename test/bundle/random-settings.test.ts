import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lint } from '../../src/bundle/lint.ts'
import type { Privilege } from '../../src/bundle/types.ts'
import { CtrbuildError } from '../../src/errors.ts'
import type { Runtime } from '../../src/spec/types.ts'
import { temporaryFolder } from '../support/folder.ts'
import { needs } from '../support/programs.ts'
import { bundleOf } from './keys.ts'
import { forget, giveTo, PLAIN, PRIVILEGES, place, run } from './machine.ts'

const NAME = `ctrbuild-settings-random-${process.pid}`
const folder = await temporaryFolder()
const state = join(folder, 'state')

afterAll(() => forget(NAME))

beforeAll(() => {
  chmodSync(folder, 0o711)
  for (const name of ['state', 'v']) mkdirSync(join(folder, name), { mode: 0o755 })
  for (const name of ['state', 'v']) giveTo(PLAIN, join(folder, name))
})

/** A key with one of some values, as it would be written. Nothing here asks for more than this machine's root may have. */
const key = (name: string, ...values: readonly string[]) =>
  fc.oneof(
    { arbitrary: fc.constant(''), weight: 3 },
    { arbitrary: fc.constantFrom(...values).map(value => `${name}: ${value}\n`), weight: 1 },
  )

const mounts = fc.subarray([
  '{ type: volume, source: v, target: /v, options: [noexec] }',
  '{ type: volume, source: v, target: /w, readonly: true, options: [noatime, dev], propagation: rslave }',
  '{ type: tmpfs, target: /t, size: 1M, options: [nr_inodes=99] }',
  '{ type: proc, options: [hidepid=2] }',
  '{ type: devpts, options: [mode=600] }',
  '{ type: mqueue }',
  '{ type: sysfs }',
  '{ type: cgroup }',
])

const keys = fc
  .tuple(
    key('capabilities', '{ drop: [ALL] }', '{ add: [CHOWN, SETUID] }', '{ drop: [ALL], add: [NET_RAW] }'),
    key('noNewPrivileges', 'true', 'false'),
    key(
      'rlimits',
      '{ nofile: 512 }',
      '{ core: 0, nofile: { soft: 64, hard: 1024 } }',
      '{ nofile: unlimited }',
    ),
    key('umask', '"0027"', '"077"'),
    key('user', 'redis', '"12:34"', '0'),
    key('groups', '[4]', '[adm, 99]'),
    key('oomScoreAdj', '0', '900'),
    key('hostname', 'h'),
    key(
      'namespaces',
      '[mount, pid, uts]',
      '[ipc, mount, network, pid, user, uts]',
      '[cgroup, ipc, mount, uts]',
      '[mount, uts]',
    ),
    key('sysctl', '{ kernel.sem: "100 200 30 40" }', '{ net.ipv4.ip_forward: 1 }', '{ vm.swappiness: 5 }'),
    key('seccomp', 'default', 'unconfined'),
    key('maskedPaths', '[]', '[/etc/passwd, /proc/kcore]'),
    key('readonlyPaths', '[]', '[/etc, /proc/sys, /nothing]'),
    key('rootfsPropagation', 'private', 'slave', 'shared', 'unbindable'),
    key(
      'resources',
      '{ pids: 50 }',
      '{ cpu: { limit: 0.5 } }',
      '{ memory: { limit: 64M } }',
      '{ memory: { limit: 1M } }',
    ),
    key('devices', '[{ path: /dev/mine, type: c, major: 1, minor: 3 }]', '[{ path: /dev/p, type: p }]'),
    key('annotations', '{ a: b }'),
    key('rootfs', 'copy', 'readonly'),
    key('portable', 'false', 'true'),
    key('cwd', '/x/y', '/t', '/t/z'),
    key(
      'configPatch',
      '{ process: { rlimits: ~ } }',
      '{ linux: { maskedPaths: ~ }, hostname: ~ }',
      '{ process: { capabilities: ~ } }',
    ),
    mounts.map(list => `mounts: [${list.join(', ')}]\n`),
  )
  .map(parts => `${parts.join('')}args: ["true"]`)

const CASES = PRIVILEGES.flatMap(privilege =>
  (['runc', 'crun', 'bwrap'] as const).map(runtime => [runtime, privilege.kind, privilege] as const),
)

describe.each(CASES)('%s as %s', (runtime, _, privilege) => {
  test('starts it, or ctrbuild has said why not', ctx => {
    needs(ctx, runtime, 'busybox')
    fc.assert(
      fc.property(keys, written => {
        expect(start(written, runtime, privilege)).toBe('')
      }),
      { numRuns: Number(process.env.RUNS ?? 15) },
    )
  }, 600_000)
})

/** Nothing where it started, or where it was told that it might not; otherwise what happened. */
function start(written: string, runtime: Runtime, privilege: Privilege): string {
  const bundle = bundleFor(written, runtime, privilege)
  if (bundle === undefined) return ''
  const verdicts = lint(bundle.config, privilege, { runtimes: [runtime], demandsRuntimes: true })
  const at = join(folder, 'bundle')
  rmSync(at, { recursive: true, force: true })
  place(bundle, at, privilege, { 'mounts/v': join(folder, 'v') })
  const { stdout, stderr, status } = run(join(at, `run-${runtime}`), {
    privilege,
    args: ['--name', NAME],
    env: { XDG_RUNTIME_DIR: state },
    hideCgroup2: runtime === 'crun',
  })
  return status === 0 || verdicts.some(({ effect }) => effect === 'needs') ? '' : `${stdout}${stderr}`
}

function bundleFor(written: string, runtime: Runtime, privilege: Privilege) {
  try {
    return bundleOf(`${written}\nruntimes: [${runtime}]`, { privilege })
  } catch (error) {
    if (error instanceof CtrbuildError && error.code === 'BUNDLE_INVALID') return undefined
    // What cannot even be written: keys that contradict each other.
    if (error instanceof Error && error.message.includes('SPEC_INVALID')) return undefined
    throw error
  }
}
