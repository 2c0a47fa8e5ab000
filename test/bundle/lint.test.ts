import { describe, expect, test } from 'vitest'
import { lint } from '../../src/bundle/lint.ts'
import type { Privilege } from '../../src/bundle/types.ts'
import { ANN, anyBundleOf } from './keys.ts'

const ROOT: Privilege = { kind: 'root' }
const ALL = { runtimes: ['runc', 'crun', 'bwrap-oci', 'bwrap'], demandsRuntimes: true } as const

/** What the four runtimes do with a bundle, each as `runtime effect: claim`. */
function verdicts(keys: string, privilege: Privilege = ROOT): readonly string[] {
  const { config } = anyBundleOf(keys, privilege)
  return lint(config, privilege, ALL).map(({ runtime, effect, message }) =>
    message.replace(runtime, `${runtime} ${effect}:`),
  )
}

const EVERY = ['runc', 'crun', 'bwrap-oci', 'bwrap']
const BWRAPS = ['bwrap-oci', 'bwrap']
const OCI = ['runc', 'crun']
const each = (runtimes: readonly string[], claim: string) => runtimes.map(runtime => `${runtime} ${claim}`)

describe("root's", () => {
  test.each<[string, readonly string[]]>([
    ['', []],
    ['portable: true', []],
    [
      'namespaces: [cgroup, mount]',
      ['bwrap-oci refuses: knows no cgroup namespace', 'bwrap-oci refuses: needs a pid namespace'],
    ],
    [
      'user: redis',
      [
        'bwrap-oci refuses: becomes uid 999, gid 998 only in a user namespace',
        'bwrap-oci ignores: ignores further groups',
        'bwrap changes: keeps further groups of a user other than root, but inside they have no numbers',
      ],
    ],
    ['args: [--version]', ['bwrap-oci refuses: takes --version for an option of bubblewrap']],
    [
      'seccomp: default',
      [
        'bwrap-oci refuses: crashes on every filter',
        'bwrap refuses: takes filters only as compiled programs',
      ],
    ],
    [
      'capabilities: { drop: [ALL] }',
      ['bwrap-oci changes: gives root ALL capabilities where there should be none'],
    ],
    ['noNewPrivileges: false', each(BWRAPS, 'changes: always keeps setuid programs from giving rights')],
    ['rlimits: { nofile: 1024 }', []],
    ['rlimits: { core: 0 }', ['bwrap-oci ignores: ignores limits of the process']],
    [
      'rlimits: { nofile: 2000000 }',
      [
        ...each(OCI, 'needs: needs fs.nr_open of the host to be 2000000 or more'),
        'bwrap-oci ignores: ignores limits of the process',
        'bwrap needs: needs fs.nr_open of the host to be 2000000 or more',
      ],
    ],
    [
      'rlimits: { nofile: unlimited }',
      [
        ...each(OCI, 'refuses: cannot let a process have files without limit'),
        'bwrap-oci ignores: ignores limits of the process',
        'bwrap refuses: cannot let a process have files without limit',
      ],
    ],
    ['umask: "0027"', each(BWRAPS, 'ignores: ignores the umask')],
    ['groups: [7]', ['bwrap-oci ignores: ignores further groups']],
    ['oomScoreAdj: -5', each(BWRAPS, 'ignores: ignores oomScoreAdj')],
    [
      'apparmor: p',
      [
        ...each(OCI, 'needs: needs AppArmor on the host, with that profile'),
        ...each(BWRAPS, 'ignores: ignores the AppArmor profile'),
      ],
    ],
    ['selinux: p', each(EVERY, 'needs: needs SELinux on the host')],
    ['terminal: true', each(BWRAPS, "changes: hands on the caller's terminal and makes no new one")],
    ['sysctl: { kernel.sem: "1" }', each(BWRAPS, 'ignores: ignores settings of the kernel')],
    [
      'sysctl: { vm.swappiness: 1 }',
      [
        ...each(OCI, "refuses: refuses vm.swappiness, which is the host's and no namespace's"),
        ...each(BWRAPS, 'ignores: ignores settings of the kernel'),
      ],
    ],
    [
      'sysctl: { net/ipv4/ip_forward: 1 }',
      [
        ...each(OCI, 'refuses: refuses net/ipv4/ip_forward without the namespace network'),
        ...each(BWRAPS, 'ignores: ignores settings of the kernel'),
      ],
    ],
    ['resources: { pids: 9 }', each(BWRAPS, 'ignores: ignores limits of resources')],
    [
      'resources: { memory: { limit: 1M } }',
      ['runc refuses: needs 6 MiB to start in', ...each(BWRAPS, 'ignores: ignores limits of resources')],
    ],
    [
      'resources: { io: { weight: 10 } }',
      [
        ...each(OCI, 'needs: needs an I/O scheduler of the host that has weights, such as bfq'),
        ...each(BWRAPS, 'ignores: ignores limits of resources'),
      ],
    ],
    ['devices: [{ path: /dev/x, type: p }]', each(BWRAPS, 'ignores: ignores devices')],
    ['cgroupsPath: /x', each(BWRAPS, 'ignores: ignores the control group')],
    ['hooks: { poststop: [{ path: /x }] }', each(BWRAPS, 'ignores: ignores hooks')],
    [
      'rootfsPropagation: unbindable',
      [
        'runc refuses: cannot bind a root that is unbindable',
        ...each(BWRAPS, 'ignores: ignores the propagation of the root'),
      ],
    ],
    ['annotations: { a: b }', []],
    ['readonlyPaths: [/etc, /proc/sys]', ["bwrap-oci changes: shows the host's /etc instead of the image's"]],
    [
      'maskedPaths: [/etc/shadow]',
      [
        'bwrap-oci needs: can hide /etc/shadow only if it is a file',
        'bwrap changes: hides /etc/shadow only where the host has the like',
      ],
    ],
    ['rootfs: copy', ["bwrap-oci changes: mounts an empty /tmp over the image's"]],
    [
      'namespaces: { mount: , pid: , network: { path: /n } }',
      [
        'bwrap-oci changes: makes new namespaces instead of joining those that are there',
        'bwrap refuses: cannot join the namespace network',
      ],
    ],
    [
      'uidMappings: auto\ngidMappings: auto',
      [
        'bwrap-oci changes: maps one id, whatever the mappings say',
        'bwrap changes: maps one id only: the process is you, whoever it seems to be',
      ],
    ],
    ['mounts: [v:/v]', []],
    ['mounts: [{ type: tmpfs, target: /t }]', []],
    [
      'mounts: [{ type: tmpfs, target: /t, size: 1M, mode: "0700" }]',
      ['bwrap-oci ignores: ignores mode=700, size=1048576'],
    ],
    [
      'mounts: [{ type: tmpfs, target: /dev }]',
      each(BWRAPS, 'changes: makes a /dev of its own, whatever the options say'),
    ],
    [
      'mounts: [{ type: volume, source: v, target: /v, options: [noexec], propagation: slave }]',
      each(BWRAPS, 'ignores: ignores slave, noexec'),
    ],
    ['mounts: [{ type: volume, source: v, target: /v, options: [dev] }]', []],
    [
      'mounts: [{ type: volume, source: v, target: /v, readonly: true, options: [dev] }]',
      each(BWRAPS, 'ignores: ignores dev'),
    ],
    ['mounts: [{ type: proc, options: [hidepid=2] }]', each(BWRAPS, 'ignores: ignores hidepid=2')],
    ['mounts: [{ type: devpts, target: /pts }]', ['bwrap ignores: has terminals only in /dev/pts']],
    ['mounts: [{ type: cgroup, readonly: false }]', ['bwrap ignores: ignores rw']],
    [
      'mounts: [{ type: tmpfs, target: /proc/x }]',
      [
        'runc refuses: mounts nothing there',
        'crun needs: can only mount there what the kernel has a place for',
      ],
    ],
    ['mounts: [{ type: bind, source: ./c, target: /proc/cpuinfo }]', []],
    [
      'configPatch: { mounts: [{ destination: /x, type: ext4, source: /dev/sda }, { destination: /tmp, type: tmpfs }] }',
      each(BWRAPS, 'refuses: knows no mount of type ext4'),
    ],
    [
      'configPatch: { linux: { personality: { domain: LINUX32 } } }',
      ['bwrap ignores: ignores the personality'],
    ],
    [
      'configPatch: { process: { capabilities: { ambient: [] } } }',
      [
        'bwrap-oci changes: puts the capabilities of all five sets into each of them',
        'bwrap changes: puts the bounding set into all five sets',
      ],
    ],
  ])('%s', (keys, expected) => {
    expect(verdicts(keys)).toEqual(expected)
  })
})

const DELEGATED = 'needs: needs control groups that are delegated to you, and'

describe("a plain user's", () => {
  test.each<[string, readonly string[]]>([
    ['', []],
    ['portable: true', []],
    ['namespaces: [mount, pid]', []],
    [
      'resources: { pids: 9 }',
      [
        `runc ${DELEGATED} does not start without`,
        `crun ${DELEGATED} limits nothing without`,
        ...each(BWRAPS, 'ignores: ignores limits of resources'),
      ],
    ],
    [
      'cgroupsPath: /x',
      [
        `runc ${DELEGATED} does not start without`,
        `crun ${DELEGATED} limits nothing without`,
        ...each(BWRAPS, 'ignores: ignores the control group'),
      ],
    ],
    [
      'oomScoreAdj: -5',
      [
        ...each(OCI, 'refuses: may not make it less for a plain user'),
        ...each(BWRAPS, 'ignores: ignores oomScoreAdj'),
      ],
    ],
    [
      'rlimits: { nproc: 9 }',
      [
        ...each(OCI, 'needs: needs your own hard limit of RLIMIT_NPROC to be 9 or more'),
        'bwrap-oci ignores: ignores limits of the process',
        'bwrap needs: needs your own hard limit of RLIMIT_NPROC to be 9 or more',
      ],
    ],
    [
      'devices: [{ path: /dev/x, type: p }]',
      [
        "runc needs: binds the host's /dev/x, which has to be there",
        'crun refuses: makes no devices in a user namespace',
        ...each(BWRAPS, 'ignores: ignores devices'),
      ],
    ],
    ['capabilities: { drop: [ALL] }', []],
    [
      'uidMappings: auto\ngidMappings: auto\ngroups: [7]',
      [
        'runc needs: needs newuidmap and newgidmap (Debian package: uidmap)',
        "runc refuses: gives a plain user's container no further groups",
        'crun needs: needs newuidmap and newgidmap (Debian package: uidmap)',
        'bwrap-oci changes: maps you and your first range of /etc/subuid, whatever the mappings say',
        'bwrap-oci ignores: ignores further groups',
        'bwrap changes: maps one id only: the process is you, whoever it seems to be',
        'bwrap ignores: ignores further groups',
      ],
    ],
    [
      'namespaces: [mount, uts]\nmounts: [{ type: proc }]',
      [
        ...each(OCI, 'refuses: may mount proc only with a pid namespace of its own'),
        'bwrap-oci refuses: needs a pid namespace',
      ],
    ],
    [
      'namespaces: [mount, pid]\nmounts: [{ type: mqueue }]',
      each(OCI, 'refuses: may mount mqueue only with an ipc namespace of its own'),
    ],
    [
      'mounts: [{ type: sysfs }]',
      [
        'runc refuses: may mount sysfs only with a network namespace of its own',
        "crun changes: shows the host's /sys, without the options, as there is no network namespace",
      ],
    ],
    ['namespaces: [mount, network, pid]\nmounts: [{ type: sysfs }]', []],
    [
      'mounts: [{ type: cgroup }]',
      each(OCI, "changes: shows the host's control groups, without the options"),
    ],
    [
      'mounts: [{ type: tmpfs, target: /t, options: [uid=5] }]',
      [
        ...each(OCI, 'refuses: cannot set uid=5, which is not mapped'),
        ...each(BWRAPS, 'ignores: ignores uid=5'),
      ],
    ],
    [
      'mounts: [{ type: volume, source: v, target: /v, options: [noatime] }]',
      [
        'runc refuses: may not set noatime on what it binds in a user namespace',
        'crun changes: leaves out all options of the mount, as it may not set noatime',
        ...each(BWRAPS, 'ignores: ignores noatime'),
      ],
    ],
  ])('%s', (keys, expected) => {
    expect(verdicts(keys, ANN).toSorted(byRuntime)).toEqual(expected.toSorted(byRuntime))
  })

  test('one who maps others and not themselves', () => {
    const ranges = '[{ containerID: 0, hostID: 100000, size: 1 }]'
    expect(verdicts(`uidMappings: ${ranges}\ngidMappings: ${ranges}`, ANN)).toContain(
      'runc refuses: finds its own files belong to nobody, as your uid is not mapped',
    )
  })
})

function byRuntime(a: string, b: string): number {
  return a < b ? -1 : 1
}
