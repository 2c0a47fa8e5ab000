import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { lint } from '../../src/bundle/lint.ts'
import { ociScript } from '../../src/bundle/script-oci.ts'
import type { Privilege } from '../../src/bundle/types.ts'
import { temporaryFolder } from '../support/folder.ts'
import { needs } from '../support/programs.ts'
import { anyBundleOf, bundleOf } from './keys.ts'
import { forget, giveTo, PLAIN, PRIVILEGES, place, run } from './machine.ts'

const NAME = `ctrbuild-settings-${process.pid}`
const folder = await temporaryFolder()
const state = join(folder, 'state')

vi.setConfig({ testTimeout: 60_000 })

afterAll(() => forget(NAME))

beforeAll(() => {
  chmodSync(folder, 0o711)
  for (const name of ['state', 'v']) mkdirSync(join(folder, name), { mode: 0o700 })
  for (const name of ['state', 'v']) giveTo(PLAIN, join(folder, name))
})

let count = 0

/** Runs the bundle that keys make, and says what it writes, or why it does not start. */
function start(keys: string, runtime: string, privilege: Privilege): string {
  const bundle = bundleOf(`${keys}\nruntimes: [${runtime}]`, { privilege })
  const at = join(folder, `${runtime}-${count++}`)
  place(bundle, at, privilege, { 'mounts/v': join(folder, 'v') })
  return startAt(at, runtime, privilege)
}

function startAt(at: string, runtime: string, privilege: Privilege): string {
  const { status, stdout, stderr } = run(join(at, `run-${runtime}`), {
    privilege,
    args: ['--name', NAME],
    env: { XDG_RUNTIME_DIR: state },
    hideCgroup2: runtime === 'crun',
  })
  return status === 0 ? stdout.trim() : `${status} ${stdout}${stderr}`
}

const ROOT = ['root']
const PLAIN_USER = ['rootless']
const BOTH = ['root', 'rootless']
const OCI = ['runc', 'crun']
const ALL = ['runc', 'crun', 'bwrap']

interface Row {
  readonly keys: string
  readonly command: string
  readonly seen: string
  readonly on?: readonly string[]
  readonly as?: readonly string[]
}

/** What keys look like from inside; on runc and crun, and as both kinds of user, unless it says so. */
const ROWS: readonly Row[] = [
  {
    keys: 'capabilities: { drop: [ALL], add: [CHOWN, KILL] }',
    command: 'grep CapEff /proc/self/status',
    seen: 'CapEff:\t0000000000000021',
    on: ALL,
  },
  {
    keys: 'capabilities: { drop: [ALL] }',
    command: 'grep CapEff /proc/self/status',
    seen: 'CapEff:\t0000000000000000',
    on: ALL,
  },
  { keys: 'noNewPrivileges: false', command: 'grep NoNewPrivs /proc/self/status', seen: 'NoNewPrivs:\t0' },
  {
    keys: 'rlimits: { nofile: { soft: 99, hard: 100 }, core: 0 }',
    command: 'ulimit -n; ulimit -Hn; ulimit -c',
    seen: '99\n100\n0',
    on: ALL,
  },
  { keys: 'umask: "0077"', command: 'umask', seen: '0077' },
  {
    keys: 'user: redis\ngroups: [77]',
    command: 'id',
    seen: 'uid=999(redis) gid=998 groups=4(adm),77',
    as: ROOT,
  },
  { keys: 'oomScoreAdj: 500', command: 'cat /proc/self/oom_score_adj', seen: '500' },
  { keys: 'seccomp: default', command: 'grep Seccomp: /proc/self/status', seen: 'Seccomp:\t2' },
  {
    keys: 'seccomp: default\ncapabilities: { add: [SYS_CHROOT] }',
    command: 'busybox chroot / true && echo in',
    seen: 'in',
  },
  { keys: 'sysctl: { kernel.shmmax: 4242 }', command: 'cat /proc/sys/kernel/shmmax', seen: '4242' },
  {
    keys: 'namespaces: [ipc, mount, network, pid]\nsysctl: { net.ipv4.ip_forward: 1 }',
    command: 'cat /proc/sys/net/ipv4/ip_forward',
    seen: '1',
  },
  { keys: 'maskedPaths: [/etc/passwd]', command: 'cat /etc/passwd', seen: '' },
  {
    keys: 'rootfs: copy\nreadonlyPaths: [/etc]',
    command: '(echo x >/etc/x) 2>/dev/null || echo no; echo x >/x && cat /x',
    seen: 'no\nx',
    on: ALL,
  },
  {
    keys: 'devices: [{ path: /dev/mine, type: c, major: 1, minor: 3 }]',
    command: 'stat -c %F /dev/mine; echo x >/dev/mine',
    seen: 'character special file',
    as: ROOT,
  },
  {
    keys: 'mounts: [{ type: volume, source: v, target: /v, options: [noexec] }]',
    command: 'grep -o " /v [a-z,]*" /proc/self/mountinfo',
    seen: '/v rw,nosuid,nodev,noexec,relatime',
  },
  {
    keys: 'mounts: [{ type: bind, source: /dev/null, target: /dev/mine, options: [dev] }]',
    command: 'echo x >/dev/mine && echo written',
    seen: 'written',
    on: ALL,
  },
  {
    keys: 'mounts: [{ type: proc, options: [hidepid=2] }]',
    command: 'grep -c " /proc .*hidepid" /proc/mounts',
    seen: '1',
  },
  {
    keys: 'mounts: [{ type: tmpfs, target: /t, readonly: true }]\ncwd: /t/a/b',
    command: 'pwd',
    seen: '/t/a/b',
    on: ALL,
  },
  {
    keys: 'hooks: { createRuntime: [{ path: /bin/sh, args: [sh, -c, "cat >/dev/null"] }] }',
    command: 'echo up',
    seen: 'up',
    as: ROOT,
  },
  {
    keys: 'portable: true\nuser: redis',
    command: 'id -u; cat /proc/self/uid_map | busybox wc -l',
    seen: '0\n1',
    on: ALL,
  },
  {
    keys: 'configPatch: { process: { args: [busybox, echo, patched] } }',
    command: 'echo not',
    seen: 'patched',
    on: ALL,
  },
]

describe('what a key says is so inside', () => {
  const cases = ROWS.flatMap(({ on = OCI, as = BOTH, ...row }) =>
    PRIVILEGES.filter(({ kind }) => as.includes(kind)).flatMap(privilege =>
      on.map(runtime => ({ ...row, runtime, kind: privilege.kind, privilege })),
    ),
  )
  test.for(cases)('$keys: $runtime as $kind', ({ keys, command, seen, runtime, privilege }, ctx) => {
    needs(ctx, runtime, 'busybox')
    expect(start(`${keys}\nargs: [sh, -c, ${JSON.stringify(command)}]`, runtime, privilege).trim()).toBe(seen)
  })
})

/** What the lint says that a runtime refuses. Each must be so, or nobody could trust it. */
const REFUSED: readonly Pick<Row, 'keys' | 'on' | 'as'>[] = [
  { keys: 'sysctl: { vm.swappiness: 1 }' },
  { keys: 'sysctl: { net.ipv4.ip_forward: 1 }' },
  { keys: 'rlimits: { nofile: unlimited }' },
  { keys: 'rootfsPropagation: unbindable', on: ['runc'] },
  { keys: 'resources: { memory: { limit: 1M } }', on: ['runc'], as: ROOT },
  { keys: 'mounts: [{ type: tmpfs, target: /proc/x }]', on: ['runc'] },
  { keys: 'oomScoreAdj: -5', as: PLAIN_USER },
  { keys: 'devices: [{ path: /dev/mine, type: c, major: 1, minor: 3 }]', on: ['crun'], as: PLAIN_USER },
  { keys: 'namespaces: [ipc, mount]\nmounts: [{ type: proc }]', as: PLAIN_USER },
  { keys: 'namespaces: [mount, pid]\nmounts: [{ type: mqueue }]', as: PLAIN_USER },
  { keys: 'mounts: [{ type: sysfs }]', on: ['runc'], as: PLAIN_USER },
  { keys: 'mounts: [{ type: tmpfs, target: /t, options: [uid=5] }]', as: PLAIN_USER },
  {
    keys: 'mounts: [{ type: volume, source: v, target: /v, options: [noatime] }]',
    on: ['runc'],
    as: PLAIN_USER,
  },
]

describe('what the lint says is refused does not start', () => {
  const cases = REFUSED.flatMap(({ keys, on = OCI, as = BOTH }) =>
    PRIVILEGES.filter(({ kind }) => as.includes(kind)).flatMap(privilege =>
      on.map(runtime => ({ keys, runtime: runtime as 'runc' | 'crun', kind: privilege.kind, privilege })),
    ),
  )
  test.for(cases)('$keys: $runtime as $kind', ({ keys, runtime, privilege }, ctx) => {
    needs(ctx, runtime, 'busybox')
    const bundle = anyBundleOf(`${keys}\nargs: ["true"]`, privilege)
    const verdicts = lint(bundle.config, privilege, { runtimes: [runtime], demandsRuntimes: true })
    expect(verdicts.map(({ effect }) => effect)).toContain('refuses')
    const at = join(folder, `refused-${count++}`)
    const script = { path: `run-${runtime}`, mode: 0o755, content: ociScript(runtime, 'tiny', bundle.config) }
    const files = [...bundle.files.filter(({ path }) => path !== script.path), script]
    place({ ...bundle, files }, at, privilege, { 'mounts/v': join(folder, 'v') })
    expect(startAt(at, runtime, privilege)).toMatch(/^[1-9]/)
  })
})
