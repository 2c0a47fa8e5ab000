/** Mounts that the kernel does not let runc and crun make, or not with all options. */
import { isWithin } from './container-path.ts'
import {
  type Finding,
  givenMounts,
  hasOwn,
  hasUsers,
  isUnmapped,
  mountAt,
  type Subject,
} from './lint-subject.ts'
import { mountSetting } from './mounts.ts'
import type { RuntimeMount } from './types.ts'

/** What is wrong with the mounts. */
export function mountFindings(subject: Subject): readonly Finding[] {
  return [
    ...subject.config.mounts.flatMap(mount => kernelMounts(mount, subject)),
    ...givenMounts(subject).flatMap(mount => mountOptions(mount, subject)),
  ]
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
