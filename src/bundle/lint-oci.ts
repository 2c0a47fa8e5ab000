/** What runc 1.1 and crun 1.8 do otherwise than config.json says. */
import { isWithin } from './container-path.ts'
import {
  type Finding,
  givenMounts,
  givenRlimits,
  hasOwn,
  hasResources,
  hasUsers,
  isUnmapped,
  type Lint,
  mapsFurtherIds,
  mountAt,
  type Subject,
} from './lint-subject.ts'
import { mountSetting } from './mounts.ts'
import type { RuntimeMount } from './types.ts'

/** runc and crun. */
export const lintOci: Lint = subject => [
  ...sysctls(subject),
  ...subject.config.mounts.flatMap(mount => kernelMounts(mount, subject)),
  ...givenMounts(subject).flatMap(mount => mountOptions(mount, subject)),
  ...resources(subject),
  ...limits(subject),
  ...ids(subject),
  ...devices(subject),
  ...others(subject),
]

/** Settings of the kernel that belong to a namespace, as both runtimes know them. */
const SYSCTLS: readonly (readonly [pattern: RegExp, namespace: 'ipc' | 'network' | 'uts'])[] = [
  [/^kernel\.(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$|^fs\.mqueue\./, 'ipc'],
  [/^net\./, 'network'],
  [/^kernel\.domainname$/, 'uts'],
]

function sysctls({ config }: Subject): readonly Finding[] {
  const { sysctl = {}, namespaces } = config.linux
  return Object.keys(sysctl).flatMap((name): Finding[] => {
    const dotted = /^[^.]*\//.test(name) ? name.replaceAll('/', '.') : name
    const needed = SYSCTLS.find(([pattern]) => pattern.test(dotted))?.[1]
    if (needed !== undefined && namespaces.some(({ type }) => type === needed)) return []
    const claim =
      needed === undefined
        ? `refuses ${name}, which is the host's and no namespace's`
        : `refuses ${name} without the namespace ${needed}`
    return [{ effect: 'refuses', at: ['linux', 'sysctl', name], claim }]
  })
}

/** The kernel lets a user namespace mount only what belongs to a namespace that it owns. */
function kernelMounts(mount: RuntimeMount, subject: Subject): readonly Finding[] {
  const at = mountAt(mount)
  if (!hasUsers(subject)) return []
  if (mount.type === 'proc' && !hasOwn(subject, 'pid')) {
    return [{ effect: 'refuses', at, claim: 'may mount proc only with a pid namespace of its own' }]
  }
  if (mount.type === 'mqueue' && !hasOwn(subject, 'ipc')) {
    return [{ effect: 'refuses', at, claim: 'may mount mqueue only with an ipc namespace of its own' }]
  }
  if (mount.type === 'sysfs' && !hasOwn(subject, 'network')) {
    return subject.runtime === 'runc'
      ? [{ effect: 'refuses', at, claim: 'may mount sysfs only with a network namespace of its own' }]
      : [
          {
            effect: 'changes',
            at,
            claim: "shows the host's /sys, without the options, as there is no network namespace",
          },
        ]
  }
  if (mount.type === 'cgroup') {
    return [{ effect: 'changes', at, claim: "shows the host's control groups, without the options" }]
  }
  return []
}

/** Files of proc that something may be mounted on (runc, libcontainer/rootfs_linux.go). */
const PROC_TARGETS = [
  'cpuinfo',
  'diskstats',
  'meminfo',
  'stat',
  'swaps',
  'uptime',
  'loadavg',
  'slabinfo',
  'net/dev',
]

/** The kernel locks how access times are kept on what a user namespace binds (mount_namespaces(7)). */
const LOCKED = ['noatime', 'nodiratime', 'strictatime']

function mountOptions(mount: RuntimeMount, subject: Subject): readonly Finding[] {
  const { destination, type, options } = mount
  const at = mountAt(mount)
  const isKernels = destination !== '/proc' && isWithin(destination, '/proc')
  const inProc: Finding[] =
    isKernels && !PROC_TARGETS.some(path => destination === `/proc/${path}`)
      ? [
          subject.runtime === 'runc'
            ? { effect: 'refuses', at, claim: 'mounts nothing there' }
            : { effect: 'needs', at, claim: 'can only mount there what the kernel has a place for' },
        ]
      : []
  if (!hasUsers(subject)) return inProc
  const locked = type === 'bind' ? options.filter(option => LOCKED.includes(option)) : []
  const atimes: Finding[] = locked.map(option =>
    subject.runtime === 'runc'
      ? { effect: 'refuses', at, claim: `may not set ${option} on what it binds in a user namespace` }
      : { effect: 'changes', at, claim: `leaves out all options of the mount, as it may not set ${option}` },
  )
  return [...inProc, ...atimes, ...owners(mount, subject)]
}

function owners(mount: RuntimeMount, { config }: Subject): readonly Finding[] {
  const { uidMappings, gidMappings } = config.linux
  const wanted = [
    ['uid', mountSetting(mount, 'uid'), uidMappings],
    ['gid', mountSetting(mount, 'gid'), gidMappings],
  ] as const
  return wanted.flatMap(([name, value, ranges]): Finding[] =>
    value !== undefined && isUnmapped(ranges, Number(value))
      ? [{ effect: 'refuses', at: mountAt(mount), claim: `cannot set ${name}=${value}, which is not mapped` }]
      : [],
  )
}

/** Below this, runc has no room to start in. */
const LEAST_MEMORY = 6 * 1024 * 1024

function resources(subject: Subject): readonly Finding[] {
  const { runtime, config, caller } = subject
  const { resources: given = {}, cgroupsPath } = config.linux
  const { memory, blockIO } = given as { memory?: { limit?: number }; blockIO?: { weight?: number } }
  const at = ['linux', 'resources']
  const outcome = runtime === 'runc' ? 'does not start without' : 'limits nothing without'
  const claim = `needs control groups that are delegated to you, and ${outcome}`
  const limit = memory?.limit ?? -1
  return [
    ...(caller !== undefined && hasResources(subject) ? [{ effect: 'needs', at, claim } as const] : []),
    ...(caller !== undefined && cgroupsPath !== undefined
      ? [{ effect: 'needs', at: ['linux', 'cgroupsPath'], claim } as const]
      : []),
    ...(runtime === 'runc' && limit >= 0 && limit < LEAST_MEMORY
      ? [{ effect: 'refuses', at: [...at, 'memory', 'limit'], claim: 'needs 6 MiB to start in' } as const]
      : []),
    ...(blockIO?.weight === undefined
      ? []
      : [
          {
            effect: 'needs',
            at: [...at, 'blockIO'],
            claim: 'needs an I/O scheduler of the host that has weights, such as bfq',
          } as const,
        ]),
  ]
}

/** fs.nr_open of a host that nobody has changed. */
const MOST_FILES = 2 ** 20

function limits(subject: Subject): readonly Finding[] {
  const { config, caller } = subject
  const files = config.process.rlimits.filter(
    ({ type, hard }) => type === 'RLIMIT_NOFILE' && hard > MOST_FILES,
  )
  const { oomScoreAdj = 0 } = config.process
  const at = ['process', 'rlimits']
  return [
    ...files.map(
      ({ hard }): Finding =>
        hard > 2 ** 31
          ? {
              effect: 'refuses',
              at,
              claim: 'cannot let a process have files without limit',
              hint: `Linux allows ${MOST_FILES}, if fs.nr_open is not changed`,
            }
          : { effect: 'needs', at, claim: `needs fs.nr_open of the host to be ${hard} or more` },
    ),
    ...(caller === undefined
      ? []
      : givenRlimits(subject).map(
          ({ type, hard }): Finding => ({
            effect: 'needs',
            at,
            claim: `needs your own hard limit of ${type} to be ${hard} or more`,
          }),
        )),
    ...(caller !== undefined && oomScoreAdj < 0
      ? [
          {
            effect: 'refuses',
            at: ['process', 'oomScoreAdj'],
            claim: 'may not make it less for a plain user',
          } as const,
        ]
      : []),
  ]
}

function ids(subject: Subject): readonly Finding[] {
  const { runtime, config, caller } = subject
  if (caller === undefined) return []
  const { uidMappings } = config.linux
  const groups = config.process.user.additionalGids ?? []
  const isMapped =
    uidMappings?.some(({ hostID, size }) => caller.uid >= hostID && caller.uid - hostID < size) ?? true
  const at = ['linux', 'uidMappings']
  return [
    ...(mapsFurtherIds(subject)
      ? [{ effect: 'needs', at, claim: 'needs newuidmap and newgidmap (Debian package: uidmap)' } as const]
      : []),
    ...(isMapped
      ? []
      : [
          {
            effect: 'refuses',
            at,
            claim: 'finds its own files belong to nobody, as your uid is not mapped',
            hint: `Map uid ${caller.uid}, for example as { containerID: 0, hostID: ${caller.uid}, size: 1 }`,
          } as const,
        ]),
    ...(runtime === 'runc' && groups.length > 0
      ? [
          {
            effect: 'refuses',
            at: ['process', 'user', 'additionalGids'],
            claim: "gives a plain user's container no further groups",
          } as const,
        ]
      : []),
  ]
}

function devices(subject: Subject): readonly Finding[] {
  const { runtime, config } = subject
  if (!hasUsers(subject)) return []
  return (config.linux.devices ?? []).map(({ path }): Finding => {
    const at = ['linux', 'devices']
    return runtime === 'runc'
      ? { effect: 'needs', at, claim: `binds the host's ${path}, which has to be there` }
      : { effect: 'refuses', at, claim: 'makes no devices in a user namespace' }
  })
}

function others({ runtime, config }: Subject): readonly Finding[] {
  const { process: given, linux } = config
  const isRunc = runtime === 'runc'
  const findings: readonly (readonly [boolean, Finding])[] = [
    [
      isRunc && linux.rootfsPropagation === 'unbindable',
      {
        effect: 'refuses',
        at: ['linux', 'rootfsPropagation'],
        claim: 'cannot bind a root that is unbindable',
      },
    ],
    [
      linux.namespaces.some(({ type }) => type === 'time'),
      {
        effect: 'refuses',
        at: ['linux', 'namespaces'],
        claim: 'knows no time namespace before runc 1.2 and crun 1.10',
      },
    ],
    [
      given.apparmorProfile !== undefined && given.apparmorProfile !== '',
      {
        effect: 'needs',
        at: ['process', 'apparmorProfile'],
        claim: 'needs AppArmor on the host, with that profile',
      },
    ],
    [
      [given.selinuxLabel, linux.mountLabel].some(label => label !== undefined && label !== ''),
      { effect: 'needs', at: ['process', 'selinuxLabel'], claim: 'needs SELinux on the host' },
    ],
  ]
  return findings.flatMap(([holds, finding]) => (holds ? [finding] : []))
}
