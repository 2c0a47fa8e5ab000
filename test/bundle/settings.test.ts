import { describe, expect, test } from 'vitest'
import type { RuntimeConfig } from '../../src/bundle/types.ts'
import { canonicalJson } from '../../src/oci/canonical-json.ts'
import { ANN, bundleOf } from './keys.ts'
import { sampleImage } from './sample.ts'

type Pick = (config: RuntimeConfig) => unknown

const DENY = { allow: false, access: 'rwm' }

test.each<[string, Pick, unknown]>([
  [
    'capabilities: { drop: [ALL], add: [CHOWN] }',
    ({ process: { capabilities } }) => Object.values(capabilities),
    Array(5).fill(['CAP_CHOWN']),
  ],
  ['noNewPrivileges: false', config => config.process.noNewPrivileges, false],
  [
    'rlimits: { core: unlimited, nproc: { soft: 5, hard: 6 } }',
    config => config.process.rlimits,
    [
      { type: 'RLIMIT_CORE', hard: 2n ** 64n - 1n, soft: 2n ** 64n - 1n },
      { type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 },
      { type: 'RLIMIT_NPROC', hard: 6, soft: 5 },
    ],
  ],
  [
    'umask: "0027"',
    ({ ociVersion, process: { user } }) => [ociVersion, user],
    ['1.0.2', { uid: 0, gid: 0, umask: 0o27 }],
  ],
  [
    'user: redis\ngroups: [7, adm, "3"]',
    config => config.process.user,
    { uid: 999, gid: 998, additionalGids: [3, 4, 7] },
  ],
  ['oomScoreAdj: 5', config => config.process.oomScoreAdj, 5],
  ['apparmor: p', config => config.process.apparmorProfile, 'p'],
  [
    'selinux: { process: p, mount: m }',
    ({ process, linux }) => [process.selinuxLabel, linux.mountLabel],
    ['p', 'm'],
  ],
  [
    'namespaces: { mount: , pid: , uts: { path: /u }, network: { path: /n } }',
    ({ hostname, linux }) => [hostname, linux.namespaces],
    [
      undefined,
      [{ type: 'mount' }, { type: 'network', path: '/n' }, { type: 'pid' }, { type: 'uts', path: '/u' }],
    ],
  ],
  [
    'uidMappings: [{ containerID: 5, hostID: 7, size: 9 }, { containerID: 0, hostID: 100, size: 1 }]\ngidMappings: auto',
    ({ linux }) => [
      linux.uidMappings,
      linux.gidMappings,
      linux.namespaces.some(({ type }) => type === 'user'),
    ],
    [
      [
        { containerID: 0, hostID: 100, size: 1 },
        { containerID: 5, hostID: 7, size: 9 },
      ],
      [{ containerID: 0, hostID: 0, size: 2 ** 32 - 1 }],
      true,
    ],
  ],
  [
    'namespaces: [mount, network, pid]\nsysctl: { net.ipv4.ip_forward: 1 }',
    config => config.linux.sysctl,
    { 'net.ipv4.ip_forward': '1' },
  ],
  ['seccomp: unconfined', config => config.linux.seccomp, undefined],
  [
    'maskedPaths: [/b, /a]\nreadonlyPaths: []',
    ({ linux }) => [linux.maskedPaths, linux.readonlyPaths],
    [['/a', '/b'], []],
  ],
  ['rootfsPropagation: slave', config => config.linux.rootfsPropagation, 'slave'],
  [
    'resources: { memory: { limit: 64M }, pids: 9, cpu: { limit: 0.5 }, io: { writeIops: { "8:16": 5, "8:0": 4 } } }',
    config => config.linux.resources,
    {
      devices: [DENY],
      memory: { limit: 64 * 1024 ** 2 },
      pids: { limit: 9 },
      cpu: { quota: 50_000, period: 100_000 },
      blockIO: {
        throttleWriteIOPSDevice: [
          { major: 8, minor: 0, rate: 4 },
          { major: 8, minor: 16, rate: 5 },
        ],
      },
    },
  ],
  [
    'devices: [{ path: /dev/fuse, type: c, major: 10, minor: 229 }, { path: /dev/p, type: p }]\nresources: { devices: [{ allow: true, type: b }] }',
    ({ linux }) => [linux.devices, linux.resources],
    [
      [
        { path: '/dev/fuse', type: 'c', major: 10, minor: 229 },
        { path: '/dev/p', type: 'p' },
      ],
      {
        devices: [
          DENY,
          { allow: true, type: 'c', major: 10, minor: 229, access: 'rwm' },
          { allow: true, type: 'b', access: 'rwm' },
        ],
      },
    ],
  ],
  ['cgroupsPath: /a/b', config => config.linux.cgroupsPath, '/a/b'],
  [
    'hooks: { poststop: [{ path: /x, env: { B: "1", A: "2" } }] }',
    config => config.hooks,
    { poststop: [{ path: '/x', env: ['A=2', 'B=1'] }] },
  ],
])('%s', (keys, pick, expected) => {
  expect(pick(bundleOf(keys).config)).toEqual(expected)
})

test("annotations lie over the image's labels, and may steer a runtime where labels may not", () => {
  const image = sampleImage({ labels: { a: 'image', b: 'image', 'run.oci.x': 'image' } })
  const { annotations } = bundleOf('annotations: { b: own, run.oci.x: own }', { image }).config
  expect(annotations).toMatchObject({ a: 'image', b: 'own', 'run.oci.x': 'own' })
})

describe('mounts with options', () => {
  test.each<[string, string, readonly string[]]>([
    [
      '{ type: volume, source: v, target: /t, options: [noexec, dev], propagation: rslave }',
      'bind',
      ['rbind', 'nosuid', 'dev', 'rw', 'rslave', 'noexec'],
    ],
    [
      '{ type: bind, source: /s, target: /t, readonly: true, options: [bind, suid] }',
      'bind',
      ['bind', 'suid', 'nodev', 'ro'],
    ],
    [
      '{ type: tmpfs, target: /t, size: 1M, options: [nr_inodes=5, exec] }',
      'tmpfs',
      ['nosuid', 'nodev', 'mode=1777', 'size=1048576', 'nr_inodes=5', 'exec'],
    ],
    ['{ type: tmpfs, target: /dev }', 'tmpfs', ['nosuid', 'mode=755']],
    ['{ type: proc, target: /t, options: [hidepid=2] }', 'proc', ['nosuid', 'noexec', 'nodev', 'hidepid=2']],
    [
      '{ type: devpts, target: /t, options: [mode=600] }',
      'devpts',
      ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=600'],
    ],
    ['{ type: sysfs, target: /t }', 'sysfs', ['nosuid', 'noexec', 'nodev', 'ro']],
    ['{ type: cgroup, target: /t, readonly: false }', 'cgroup', ['nosuid', 'noexec', 'nodev', 'relatime']],
    ['{ type: mqueue, target: /t }', 'mqueue', ['nosuid', 'noexec', 'nodev']],
  ])('%s', (written, type, options) => {
    const { mounts } = bundleOf(`mounts: [${written}]`).config
    const found = mounts.find(
      ({ destination }) => destination === (written.includes('/dev }') ? '/dev' : '/t'),
    )
    expect(found).toMatchObject({ type, options })
  })

  test('one at a place of the system takes its place', () => {
    const { mounts } = bundleOf('mounts: [{ type: proc, options: [hidepid=1] }]').config
    expect(mounts.filter(({ destination }) => destination === '/proc')).toHaveLength(1)
  })
})

describe('ids', () => {
  test('auto gives a plain user the ids of the system, with the tty group among them', () => {
    const { config, warnings } = bundleOf('uidMappings: auto\ngidMappings: auto\nuser: redis', {
      privilege: ANN,
    })
    expect(config.linux.uidMappings).toEqual([
      { containerID: 0, hostID: 1000, size: 1 },
      { containerID: 1, hostID: 100_000, size: 65_536 },
    ])
    expect(config.linux.gidMappings).toEqual([
      { containerID: 0, hostID: 1001, size: 1 },
      { containerID: 1, hostID: 200_000, size: 65_536 },
    ])
    expect(config.process.user).toEqual({ uid: 999, gid: 998 })
    expect(config.mounts.find(({ type }) => type === 'devpts')!.options).toContain('gid=5')
    expect(warnings.map(({ code }) => code)).toEqual(['GROUPS_DROPPED'])
  })

  test.each([
    [
      'uidMappings: auto\ngidMappings: auto',
      { ...ANN, subids: { uids: [], gids: [] } },
      'bundle tiny maps ids with auto, and /etc/subuid gives you none',
    ],
    [
      'uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }]\ngidMappings: auto\nuser: "5:5"',
      ANN,
      'bundle tiny runs as uid 5, which its uidMappings leaves out',
    ],
    [
      'uidMappings: auto\ngidMappings: [{ containerID: 0, hostID: 1001, size: 1 }]\nuser: "5:5"',
      ANN,
      'bundle tiny runs as gid 5, which its gidMappings leaves out',
    ],
  ])('%s', (keys, privilege, message) => {
    expect(() => bundleOf(keys, { privilege })).toThrow(
      expect.objectContaining({ code: 'BUNDLE_INVALID', message }),
    )
  })

  test("a volume of a plain user is not its process's, which is told", () => {
    const { warnings } = bundleOf('uidMappings: auto\ngidMappings: auto\nuser: "5:6"\nmounts: [data:/data]', {
      privilege: ANN,
    })
    expect(warnings).toEqual([
      {
        code: 'VOLUME_OWNER',
        message: 'a new volume (data) belongs to uid 0 inside, which you are: 5:6 cannot write to it',
        hint: 'Give its folder away once: unshare --map-root-user --map-auto -- chown 5:6 FOLDER',
      },
    ])
  })
})

test('config.json has numbers as the specification has them', () => {
  const { config } = bundleOf('rlimits: { core: unlimited }')
  expect(canonicalJson(config)).toContain('"hard": 18446744073709551615,')
})
