import { describe, expect, test } from 'vitest'
import type { BundleSpec } from '../../src/spec/types.ts'
import { foundInBundle, good, goodBundle } from './check-spec.ts'

test.each<[string, Partial<BundleSpec>]>([
  ['capabilities: {}', { capabilities: ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'] }],
  [
    'capabilities: { add: [net_admin, CAP_CHOWN], drop: [KILL] }',
    { capabilities: ['CAP_AUDIT_WRITE', 'CAP_CHOWN', 'CAP_NET_ADMIN', 'CAP_NET_BIND_SERVICE'] },
  ],
  ['capabilities: { drop: [ALL] }', { capabilities: [] }],
  ['capabilities: { drop: [all], add: [CHOWN] }', { capabilities: ['CAP_CHOWN'] }],
  ['noNewPrivileges: false', { noNewPrivileges: false }],
  [
    'rlimits: { nofile: 4096, core: unlimited, stack: { soft: 1, hard: unlimited } }',
    {
      rlimits: {
        nofile: { soft: 4096, hard: 4096 },
        core: { soft: 'unlimited', hard: 'unlimited' },
        stack: { soft: 1, hard: 'unlimited' },
      },
    },
  ],
  ['umask: "0077"', { umask: 0o77 }],
  ['umask: "022"', { umask: 0o22 }],
  ['groups: [adm, 77, "5"]', { groups: ['adm', '77', '5'] }],
  ['oomScoreAdj: -1000', { oomScoreAdj: -1000 }],
  ['apparmor: docker-default', { apparmor: 'docker-default' }],
  ['selinux: a:b:c', { selinux: { process: 'a:b:c' } }],
  ['selinux: { mount: a:b:c }', { selinux: { mount: 'a:b:c' } }],
  ['namespaces: { mount: , pid: , uts: }', { namespaces: ['mount', 'pid', 'uts'] }],
  [
    'namespaces: { mount: , pid: , uts: { path: /x }, network: { path: /run/netns/a } }',
    {
      namespaces: ['mount', 'network', 'pid', 'uts'],
      namespacePaths: { uts: '/x', network: '/run/netns/a' },
      hostname: '',
    },
  ],
  ['uidMappings: auto\ngidMappings: auto', { uidMappings: 'auto', gidMappings: 'auto' }],
  [
    'uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }]\ngidMappings: auto',
    { uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }], gidMappings: 'auto' },
  ],
  [
    'sysctl: { net.ipv4.ip_forward: 1, kernel.sem: "1 2 3 4" }',
    { sysctl: { 'net.ipv4.ip_forward': '1', 'kernel.sem': '1 2 3 4' } },
  ],
  ['seccomp: default', { seccomp: 'default' }],
  ['seccomp: unconfined', { seccomp: 'unconfined' }],
  ['maskedPaths: [/b/, /a//x]', { maskedPaths: ['/a/x', '/b'] }],
  ['readonlyPaths: []', { readonlyPaths: [] }],
  ['rootfsPropagation: slave', { rootfsPropagation: 'slave' }],
  [
    'resources: { memory: { limit: 64MiB, swap: 1G }, cpu: { limit: 1.5, cpus: "0-3,7" }, pids: 100, io: { weight: 10, readBps: { "8:0": 1M } } }',
    {
      resources: {
        memory: { limit: 64 * 1024 ** 2, swap: 1024 ** 3 },
        cpu: { cpus: '0-3,7', quota: 150_000, period: 100_000 },
        pids: 100,
        io: { weight: 10, readBps: { '8:0': 1024 ** 2 } },
      },
    },
  ],
  [
    'resources: { pids: unlimited, memory: { limit: unlimited } }',
    { resources: { pids: -1, memory: { limit: -1 } } },
  ],
  [
    'resources: { devices: [{ allow: true, type: c, major: 10, access: rw }] }',
    { resources: { devices: [{ allow: true, type: 'c', major: 10, access: 'rw' }] } },
  ],
  [
    'devices: [{ path: /dev/fuse, type: c, major: 10, minor: 229, mode: "0666" }, { path: /dev/x, type: p }]',
    {
      devices: [
        { path: '/dev/fuse', type: 'c', major: 10, minor: 229, fileMode: 0o666 },
        { path: '/dev/x', type: 'p' },
      ],
    },
  ],
  ['cgroupsPath: system.slice:ctrbuild:b', { cgroupsPath: 'system.slice:ctrbuild:b' }],
  ['annotations: { a.b: "1" }', { annotations: { 'a.b': '1' } }],
  [
    'hooks: { poststop: [{ path: /bin/x, args: [x, "1"], env: { A: b }, timeout: 3 }] }',
    { hooks: { poststop: [{ path: '/bin/x', args: ['x', '1'], env: { A: 'b' }, timeout: 3 }] } },
  ],
  ['portable: true', { portable: true }],
  ['runtimes: [crun]', { runtimes: ['crun'], demandsRuntimes: true }],
])('%s', (keys, expected) => {
  expect(goodBundle(keys)).toMatchObject(expected)
})

test('all capabilities are 41, and ALL less one is 40', () => {
  expect(goodBundle('capabilities: { add: [ALL] }').capabilities).toHaveLength(41)
  const left = goodBundle('capabilities: { add: [ALL], drop: [SYS_ADMIN] }').capabilities
  expect(left).toHaveLength(40)
  expect(left).not.toContain('CAP_SYS_ADMIN')
})

describe('what is wrong is told with a way out', () => {
  test.each([
    [
      'capabilities: { add: [NET_ADMN] }',
      'capabilities.add[0] must be a capability of Linux, found "NET_ADMN" [Did you mean "NET_ADMIN"?]',
    ],
    [
      'capabilities: { add: [KILL], drop: [CAP_KILL] }',
      'capabilities.add[0] is dropped too [Keep it in one of the two lists]',
    ],
    ['capabilities: [KILL]', 'capabilities must be a mapping, found a list'],
    ['rlimits: { nofiles: 1 }', 'rlimits.nofiles is not a known key [Did you mean "nofile"?]'],
    [
      'rlimits: { nofile: { soft: 2, hard: 1 } }',
      'rlimits.nofile must have a soft limit that is not above the hard one',
    ],
    ['rlimits: { nofile: -1 }', 'rlimits.nofile must be at least 0, found the number -1'],
    ['umask: 0022', 'umask must be text, found the number 0022 [Put it in quotes: "0022"]'],
    ['umask: "8"', 'umask must be permission bits in octal, such as "0022", found "8"'],
    ['groups: [a:b]', 'groups[0] must be a group or a gid, found "a:b"'],
    ['oomScoreAdj: 2000', 'oomScoreAdj must be at most 1000, found the number 2000'],
    ['namespaces: { pid: {}, mount: }', 'namespaces.pid.path is missing [It must be text]'],
    ['namespaces: { mount: { path: /x } }', 'namespaces.mount must be empty or { path: … }, found a mapping'],
    [
      'namespaces: { net: , mount: , pid: }',
      'namespaces.net is not a known key [Here it is called "network"]',
    ],
    ['uidMappings: auto', 'uidMappings needs gidMappings too [auto in both is usual]'],
    [
      'uidMappings: Auto\ngidMappings: auto',
      'uidMappings must be auto or a list of ranges, found "Auto" [Did you mean "auto"?]',
    ],
    [
      'namespaces: { mount: , pid: , user: { path: /x } }\nuidMappings: auto\ngidMappings: auto',
      'uidMappings cannot be set in a user namespace that is joined [Whoever made it has mapped its ids: leave the mappings out]',
    ],
    [
      'portable: true\nuidMappings: auto\ngidMappings: auto',
      'uidMappings does not go with portable, which maps uid 0 alone [Leave one of the two out]',
    ],
    [
      'hostname: x\nnamespaces: { mount: , pid: , uts: { path: /x } }',
      'hostname needs the namespace uts [Add uts to namespaces, or leave hostname out]',
    ],
    ['sysctl: { "net ipv4": 1 }', 'sysctl["net ipv4"] has a name that must be such as net.ipv4.ip_forward'],
    [
      'seccomp: none',
      'seccomp must be default, unconfined or a path, found "none" [A path begins with "/", "./" or "../"]',
    ],
    [
      'maskedPaths: [/a/../b]',
      'maskedPaths[0] must be an absolute path, found "/a/../b" [It begins with "/" and has no ".." and no control characters]',
    ],
    [
      'resources: { memory: { limit: 64MB } }',
      'resources.memory.limit must be a size such as 64MiB or 1G, found "64MB" [K, M, G and T count in 1024, as KiB, MiB, GiB and TiB do]',
    ],
    [
      'resources: { memory: { limit: 2G, swap: 1G } }',
      'resources.memory must have swap only with a limit, and not below it [swap counts memory and swap together]',
    ],
    [
      'resources: { cpu: { limit: 1, quota: 1000 } }',
      'resources.cpu must have limit, or quota and period, and not both',
    ],
    [
      'resources: { cpu: { cpus: "0-" } }',
      'resources.cpu.cpus must be a list of numbers such as "0-3,7", found "0-"',
    ],
    [
      'resources: { devices: [{ type: c }] }',
      'resources.devices[0].allow is missing [It must be true or false]',
    ],
    [
      'devices: [{ path: /dev/x, type: c }]',
      'devices[0] must have major and minor ["ls -l /dev" on the host shows them]',
    ],
    [
      'devices: [{ path: /srv/x, type: p }]',
      'devices[0].path must be below /dev, found "/srv/x" [A runtime would make it in the rootfs]',
    ],
    [
      'hooks: { prestop: [] }',
      'hooks.prestop is not a known key [Known keys: prestart, createRuntime, createContainer, startContainer, poststart, poststop]',
    ],
    ['hooks: { poststop: [{ path: x }] }', 'hooks.poststop[0].path must be an absolute path, found "x"'],
    ['configPatch: []', 'configPatch must be a mapping, found a list'],
    ['configPatch: { a: .inf }', 'configPatch holds a number that JSON has no way to write'],
    ['annotations: { "": x }', 'annotations[""] has a name that must not be empty'],
  ])('%s', (keys, expected) => {
    expect(foundInBundle(keys)).toEqual([`SPEC_INVALID bundles.b.${expected}`])
  })
})

test('under defaults, mappings of names are merged entry by entry', () => {
  const spec = good(`apiVersion: ctrbuild/v1
kind: Bundles
defaults:
  sysctl: { kernel.sem: a, kernel.msgmax: b }
  annotations: { x: "1", y: "1" }
  rlimits: { nofile: 1, core: 0 }
  capabilities: { add: [CHOWN] }
bundles:
  b:
    image: i
    sysctl: { kernel.sem: c }
    annotations: { y: "2" }
    rlimits: { nofile: 2 }
    capabilities: { drop: [ALL] }
`)
  expect(spec.bundles[0]).toMatchObject({
    sysctl: { 'kernel.sem': 'c', 'kernel.msgmax': 'b' },
    annotations: { x: '1', y: '2' },
    rlimits: { nofile: { soft: 2, hard: 2 }, core: { soft: 0, hard: 0 } },
    capabilities: [],
  })
})
