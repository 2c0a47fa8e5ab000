import { expect, test } from 'vitest'
import type { ImageConfig, ImageRunConfig } from '../../src/oci/image.ts'
import type { BundleSpec } from '../../src/spec/types.ts'
import { outline, sampleBundle, sampleImage, sampleSpec } from './sample.ts'

const rootless = { kind: 'rootless', uid: 1000, gid: 1001 } as const

function configOf(
  keys: Partial<BundleSpec>,
  run: Partial<ImageRunConfig> = {},
  fields: Partial<ImageConfig> = {},
) {
  return sampleBundle({ spec: sampleSpec(keys), image: sampleImage(run, fields) }).config
}

test('root gets what "runc spec" gives, and what the image says', () => {
  const image = sampleImage(
    {
      user: 'redis',
      env: ['TZ=UTC', 'PATH=/bin'],
      entrypoint: ['/entry'],
      cmd: ['-x'],
      workingDir: '/data/',
      volumes: ['/data'],
      exposedPorts: ['6379/tcp', '80'],
      stopSignal: 'SIGINT',
      labels: { maintainer: 'me', 'org.opencontainers.image.author': 'label' },
    },
    { author: 'field', created: '2020-01-01T00:00:00Z', variant: 'v2' },
  )
  expect(outline(sampleBundle({ image }).config)).toMatchInlineSnapshot(`
    "
      ociVersion: "1.0.0"
      process:
        terminal: false
        user: {"uid":999,"gid":998,"additionalGids":[4]}
        args: ["/entry","-x"]
        env: ["HOME=/var/lib/redis","PATH=/bin","TZ=UTC"]
        cwd: "/data"
        capabilities:
          bounding: ["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"]
          effective: ["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"]
          inheritable: ["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"]
          permitted: ["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"]
          ambient: ["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"]
        rlimits: [{"type":"RLIMIT_NOFILE","hard":1024,"soft":1024}]
        noNewPrivileges: true
      root: {"path":"rootfs","readonly":true}
      hostname: "tiny"
      mounts:
        - {"destination":"/data","type":"tmpfs","source":"tmpfs","options":["nosuid","nodev","mode=755","uid=999","gid=998"]}
        - {"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","strictatime","mode=755","size=65536k"]}
        - {"destination":"/dev/mqueue","type":"mqueue","source":"mqueue","options":["nosuid","noexec","nodev"]}
        -
          destination: "/dev/pts"
          type: "devpts"
          source: "devpts"
          options: ["nosuid","noexec","newinstance","ptmxmode=0666","mode=0620","gid=5"]
        - {"destination":"/dev/shm","type":"tmpfs","source":"tmpfs","options":["nosuid","noexec","nodev","mode=1777","size=65536k"]}
        - {"destination":"/proc","type":"proc","source":"proc","options":["nosuid","noexec","nodev"]}
        - {"destination":"/sys","type":"sysfs","source":"sysfs","options":["nosuid","noexec","nodev","ro"]}
        - {"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["nosuid","noexec","nodev","relatime","ro"]}
        - {"destination":"/tmp","type":"tmpfs","source":"tmpfs","options":["nosuid","nodev","mode=1777"]}
      annotations:
        maintainer: "me"
        org.opencontainers.image.architecture: "amd64"
        org.opencontainers.image.author: "label"
        org.opencontainers.image.created: "2020-01-01T00:00:00Z"
        org.opencontainers.image.exposedPorts: "6379/tcp,80"
        org.opencontainers.image.os: "linux"
        org.opencontainers.image.stopSignal: "SIGINT"
        org.opencontainers.image.variant: "v2"
      linux:
        namespaces: [{"type":"ipc"},{"type":"mount"},{"type":"pid"},{"type":"uts"}]
        resources: {"devices":[{"allow":false,"access":"rwm"}]}
        maskedPaths:
          - "/proc/acpi"
          - "/proc/asound"
          - "/proc/kcore"
          - "/proc/keys"
          - "/proc/latency_stats"
          - "/proc/sched_debug"
          - "/proc/scsi"
          - "/proc/timer_list"
          - "/proc/timer_stats"
          - "/sys/firmware"
        readonlyPaths: ["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"]"
  `)
})

test('a plain user gets a user namespace with one id, and nothing that only root may have', () => {
  const { config } = sampleBundle({ privilege: rootless })
  expect(outline(config.linux)).toMatchInlineSnapshot(`
    "
      namespaces: [{"type":"ipc"},{"type":"mount"},{"type":"pid"},{"type":"user"},{"type":"uts"}]
      uidMappings: [{"containerID":0,"hostID":1000,"size":1}]
      gidMappings: [{"containerID":0,"hostID":1001,"size":1}]
      maskedPaths:
        - "/proc/acpi"
        - "/proc/asound"
        - "/proc/kcore"
        - "/proc/keys"
        - "/proc/latency_stats"
        - "/proc/sched_debug"
        - "/proc/scsi"
        - "/proc/timer_list"
        - "/proc/timer_stats"
        - "/sys/firmware"
      readonlyPaths: ["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"]"
  `)
  const options = Object.fromEntries(config.mounts.map(mount => [mount.destination, mount.options.join()]))
  expect(options['/dev/pts']).not.toContain('gid=')
  expect(config.mounts.find(mount => mount.destination === '/sys')).toEqual({
    destination: '/sys',
    type: 'bind',
    source: '/sys',
    options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'],
  })
  expect(options).not.toHaveProperty('/sys/fs/cgroup')
})

test('a plain user without process and IPC namespaces has no right to mount theirs', () => {
  const { config } = sampleBundle({ spec: sampleSpec({ namespaces: ['mount'] }), privilege: rootless })
  expect(config.mounts.find(mount => mount.destination === '/proc')!.type).toBe('bind')
  expect(config.mounts.some(mount => mount.type === 'mqueue')).toBe(false)
  expect(config.hostname).toBeUndefined()
})

test('root in a user namespace stays root there', () => {
  const { config } = sampleBundle({ spec: sampleSpec({ namespaces: ['pid', 'user'], user: 'redis' }) })
  expect(config.linux.uidMappings).toEqual([{ containerID: 0, hostID: 0, size: 1 }])
  expect(config.process.user).toEqual({ uid: 0, gid: 0 })
})

test('without root a user becomes the only one there is, keeps the home, and a warning says so', () => {
  const { config, warnings } = sampleBundle({ spec: sampleSpec({ user: 'redis' }), privilege: rootless })
  expect(config.process.user).toEqual({ uid: 0, gid: 0 })
  expect(config.process.env).toContain('HOME=/var/lib/redis')
  expect(warnings.map(warning => warning.code)).toEqual(['USER_SQUASHED'])
})

test('mounts: parents before children, and the bundle over volumes over what every container has', () => {
  const { mounts } = configOf(
    {
      mounts: [
        { type: 'volume', source: 'v', target: '/data/log', readonly: false },
        { type: 'bind', source: '/srv', target: '/data', readonly: true, create: false },
        { type: 'tmpfs', target: '/dev/shm', size: 1024, mode: 0o1777, readonly: false },
      ],
    },
    { volumes: ['/data', '/data/log/x', '/var/cache'] },
  )
  expect(mounts.map(({ destination, source }) => `${destination} ${source}`)).toMatchInlineSnapshot(`
    [
      "/data /srv",
      "/data/log mounts/v",
      "/dev tmpfs",
      "/dev/mqueue mqueue",
      "/dev/pts devpts",
      "/dev/shm tmpfs",
      "/proc proc",
      "/sys sysfs",
      "/sys/fs/cgroup cgroup",
      "/tmp tmpfs",
      "/var/cache tmpfs",
    ]
  `)
  expect(mounts.find(mount => mount.destination === '/dev/shm')!.options).toContain('size=1024')
})

test('a writable rootfs needs no /tmp of its own', () => {
  const { root, mounts } = configOf({ rootfs: 'copy' })
  expect(root.readonly).toBe(false)
  expect(mounts.some(mount => mount.destination === '/tmp')).toBe(false)
})

test('all five capability sets are there, equal and not empty, and every mount says type and source', () => {
  for (const privilege of [{ kind: 'root' }, rootless] as const) {
    const { config } = sampleBundle({ privilege })
    const sets = Object.values(config.process.capabilities)
    expect(sets).toHaveLength(5)
    for (const set of sets) expect(set).toEqual(['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'])
    for (const mount of config.mounts)
      expect(mount).toEqual(expect.objectContaining({ type: expect.any(String), source: expect.any(String) }))
  }
})
