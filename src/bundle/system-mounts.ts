/**
 * The mounts that every container has (runtime specification, config-linux.md, "Default Filesystems"): those of
 * `runc spec`, changed where a user namespace allows less. Each has type, source and destination, which bwrap-oci
 * asks for.
 */
import type { SystemMountType } from '../spec/types.ts'
import { hasOwn, type Isolation, isMapped } from './isolation.ts'
import type { RuntimeMount } from './types.ts'

const NO_PROGRAMS = ['nosuid', 'noexec', 'nodev']

/** The group that terminals belong to, in every distribution. */
const TTY = 5

/** `/proc`, `/dev`, `/sys` and what belongs in them. */
export function systemMounts(isolation: Isolation): RuntimeMount[] {
  return [
    proc(isolation),
    tmpfs('/dev', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    mountOf('devpts', '/dev/pts', [...systemOptions('devpts'), ...ttyGroup(isolation)]),
    tmpfs('/dev/shm', [...NO_PROGRAMS, 'mode=1777', 'size=65536k']),
    ...mqueue(isolation),
    ...sys(isolation),
  ]
}

/** A file system in memory that takes the place of what the image has there. */
export function tmpfs(destination: string, options: readonly string[]): RuntimeMount {
  return mountOf('tmpfs', destination, options)
}

/** The place for temporary files of a root that cannot be written. */
export function defaultTmp(): RuntimeMount {
  return tmpfs('/tmp', ['nosuid', 'nodev', 'mode=1777'])
}

/** A file system of the kernel. */
export function mountOf(type: string, destination: string, options: readonly string[]): RuntimeMount {
  return { destination, type, source: type, options }
}

/** The options that a file system of the kernel has wherever it is mounted, but for being read-only. */
export function systemOptions(type: SystemMountType): readonly string[] {
  switch (type) {
    case 'devpts':
      return ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620']
    case 'cgroup':
      return [...NO_PROGRAMS, 'relatime']
    case 'proc':
    case 'sysfs':
    case 'mqueue':
      return NO_PROGRAMS
    default:
      return type satisfies never
  }
}

/** The kernel mounts a procfs only for who owns the process namespace; without one, the host's is shown. */
function proc(isolation: Isolation): RuntimeMount {
  if (isolation.hasUsers && !hasOwn(isolation, 'pid')) return bindOf('/proc', ['rbind', ...NO_PROGRAMS])
  return mountOf('proc', '/proc', systemOptions('proc'))
}

/** The tty group does not exist where one id is mapped. */
function ttyGroup({ hasUsers, ids }: Isolation): string[] {
  const exists = !hasUsers || (ids !== undefined && isMapped(ids.gids, TTY))
  return exists ? [`gid=${TTY}`] : []
}

/** Message queues belong to the IPC namespace: a user namespace may mount its own ones only. */
function mqueue(isolation: Isolation): RuntimeMount[] {
  if (isolation.hasUsers && !hasOwn(isolation, 'ipc')) return []
  return [mountOf('mqueue', '/dev/mqueue', systemOptions('mqueue'))]
}

/** The kernel mounts a sysfs only for who owns the network namespace: a user namespace gets the host's, read-only. */
function sys({ hasUsers }: Isolation): RuntimeMount[] {
  if (hasUsers) return [bindOf('/sys', ['rbind', ...NO_PROGRAMS, 'ro'])]
  return [
    mountOf('sysfs', '/sys', [...systemOptions('sysfs'), 'ro']),
    mountOf('cgroup', '/sys/fs/cgroup', [...systemOptions('cgroup'), 'ro']),
  ]
}

function bindOf(path: string, options: readonly string[]): RuntimeMount {
  return { destination: path, type: 'bind', source: path, options }
}
