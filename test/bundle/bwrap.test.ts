import { expect, test } from 'vitest'
import { bwrapOptions, prlimitOptions } from '../../src/bundle/bwrap.ts'
import type { RuntimeConfig } from '../../src/bundle/types.ts'
import { bundleOf } from './keys.ts'
import { sampleBundle, sampleSpec } from './sample.ts'

/** One option a line, as a person would read them. */
function optionLines(config: RuntimeConfig): string {
  return bwrapOptions(config)
    .map(option => (/^--[a-z]/.test(option) ? `\n${option}` : ` ${option}`))
    .join('')
}

test("root's bundle", () => {
  const spec = sampleSpec({
    env: { EMPTY: '', OPTS: 'a=b -- c' },
    mounts: [
      { type: 'volume', source: 'data', target: '/data', readonly: false },
      { type: 'bind', source: './redis.conf', target: '/etc/redis.conf', readonly: true, create: false },
      { type: 'tmpfs', target: '/run', size: 1024, mode: 0o755, readonly: true },
    ],
    namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'uts'],
    cwd: '/data',
  })
  expect(optionLines(sampleBundle({ spec }).config)).toMatchInlineSnapshot(`
    "
    --die-with-parent
    --new-session
    --unshare-cgroup
    --unshare-ipc
    --unshare-net
    --unshare-pid
    --unshare-uts
    --as-pid-1
    --hostname tiny
    --cap-drop ALL
    --cap-add CAP_AUDIT_WRITE
    --cap-add CAP_KILL
    --cap-add CAP_NET_BIND_SERVICE
    --clearenv
    --setenv EMPTY 
    --setenv HOME /root
    --setenv OPTS a=b -- c
    --setenv PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    --ro-bind rootfs /
    --bind mounts/data /data
    --dev /dev
    --mqueue /dev/mqueue
    --perms 1777
    --size 67108864
    --tmpfs /dev/shm
    --ro-bind mounts/redis.conf /etc/redis.conf
    --proc /proc
    --perms 0755
    --size 1024
    --tmpfs /run
    --remount-ro /run
    --ro-bind /sys /sys
    --perms 1777
    --tmpfs /tmp
    --ro-bind-try /proc/bus /proc/bus
    --ro-bind-try /proc/fs /proc/fs
    --ro-bind-try /proc/irq /proc/irq
    --ro-bind-try /proc/sys /proc/sys
    --ro-bind-try /proc/sysrq-trigger /proc/sysrq-trigger
    --chdir /data"
  `)
})

test("a plain user's bundle", () => {
  const spec = sampleSpec({ rootfs: 'copy', terminal: true })
  const options = optionLines(
    sampleBundle({ spec, privilege: { kind: 'rootless', uid: 1000, gid: 1000 } }).config,
  )
  expect(options).toMatchInlineSnapshot(`
    "
    --die-with-parent
    --unshare-ipc
    --unshare-pid
    --unshare-user
    --unshare-uts
    --as-pid-1
    --uid 0
    --gid 0
    --hostname tiny
    --cap-drop ALL
    --cap-add CAP_AUDIT_WRITE
    --cap-add CAP_KILL
    --cap-add CAP_NET_BIND_SERVICE
    --clearenv
    --setenv HOME /root
    --setenv PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    --setenv TERM xterm
    --bind rootfs /
    --dev /dev
    --mqueue /dev/mqueue
    --perms 1777
    --size 67108864
    --tmpfs /dev/shm
    --proc /proc
    --ro-bind /sys /sys
    --ro-bind-try /proc/bus /proc/bus
    --ro-bind-try /proc/fs /proc/fs
    --ro-bind-try /proc/irq /proc/irq
    --ro-bind-try /proc/sys /proc/sys
    --ro-bind-try /proc/sysrq-trigger /proc/sysrq-trigger
    --chdir /"
  `)
})

test('without a process namespace there is no first process', () => {
  const { config } = sampleBundle({ spec: sampleSpec({ namespaces: ['mount'] }) })
  expect(bwrapOptions(config)).not.toContain('--as-pid-1')
  expect(bwrapOptions(config).filter(option => option.startsWith('--unshare'))).toEqual([])
})

test("without an IPC namespace the message queues are the host's", () => {
  const { config } = sampleBundle({ spec: sampleSpec({ namespaces: ['mount'] }) })
  expect(optionLines(config)).toContain('\n--bind-try /dev/mqueue /dev/mqueue\n')
})

test('read-only paths of the image are bound from the image, never from the host', () => {
  const { config } = sampleBundle()
  const changed = { ...config, linux: { ...config.linux, readonlyPaths: ['/etc', '/proc/sys'] } }
  expect(optionLines(changed)).toContain(
    '\n--ro-bind-try rootfs/etc /etc\n--ro-bind-try /proc/sys /proc/sys\n',
  )
})

test('limits are for prlimit', () => {
  const { config } = sampleBundle()
  const rlimits = [...config.process.rlimits, { type: 'RLIMIT_CORE', hard: 7, soft: 0 }]
  expect(prlimitOptions({ ...config, process: { ...config.process, rlimits } })).toEqual([
    '--nofile=1024:1024',
    '--core=0:7',
  ])
})

test('labels of SELinux, devices that are bound, and a working directory below a mount', () => {
  const options = optionLines(
    bundleOf(`selinux: { process: p, mount: m }
cwd: /t/a/b
mounts:
  - { type: tmpfs, target: /t, readonly: true }
  - { type: bind, source: /dev/fuse, target: /dev/fuse, options: [dev] }
  - { type: bind, source: /dev/kvm, target: /dev/kvm, options: [dev], readonly: true }
runtimes: [bwrap]`).config,
  )
  expect(options).toContain('\n--exec-label p\n--file-label m\n')
  expect(options).toContain('\n--dev-bind /dev/fuse /dev/fuse\n--ro-bind /dev/kvm /dev/kvm\n')
  expect(options).toContain('\n--perms 1777\n--tmpfs /t\n--dir /t/a/b\n--remount-ro /t\n')
})

test('a limit that JavaScript has no number for is none', () => {
  const { config } = bundleOf('rlimits: { core: unlimited, nofile: { soft: 5, hard: 6 } }')
  expect(prlimitOptions(config)).toEqual(['--core=unlimited:unlimited', '--nofile=5:6'])
})
