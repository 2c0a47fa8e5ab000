/**
 * The mounts that every container has (runtime specification, config-linux.md, "Default Filesystems"): those of
 * `runc spec`, changed where a user namespace allows less. Each has type, source and destination, which bwrap-oci
 * asks for.
 */
import type { Isolation } from './isolation.ts'
import type { RuntimeMount } from './types.ts'

const NO_PROGRAMS = ['nosuid', 'noexec', 'nodev']

/** `/proc`, `/dev`, `/sys` and what belongs in them. */
export function systemMounts(isolation: Isolation): RuntimeMount[] {
  return [
    proc(isolation),
    tmpfs('/dev', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    devpts(isolation),
    tmpfs('/dev/shm', [...NO_PROGRAMS, 'mode=1777', 'size=65536k']),
    ...mqueue(isolation),
    ...sys(isolation),
  ]
}

/** A file system in memory that takes the place of what the image has there. */
export function tmpfs(destination: string, options: readonly string[]): RuntimeMount {
  return { destination, type: 'tmpfs', source: 'tmpfs', options }
}

/** The kernel mounts a procfs only for who owns the process namespace; without one, the host's is shown. */
function proc({ namespaces, root }: Isolation): RuntimeMount {
  if (root !== undefined && !namespaces.includes('pid')) return bindOf('/proc', ['rbind', ...NO_PROGRAMS])
  return { destination: '/proc', type: 'proc', source: 'proc', options: NO_PROGRAMS }
}

/** The tty group, gid 5, does not exist where one id is mapped. */
function devpts({ root }: Isolation): RuntimeMount {
  const group = root === undefined ? ['gid=5'] : []
  const options = ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', ...group]
  return { destination: '/dev/pts', type: 'devpts', source: 'devpts', options }
}

/** Message queues belong to the IPC namespace: a user namespace may mount its own ones only. */
function mqueue({ namespaces, root }: Isolation): RuntimeMount[] {
  if (root !== undefined && !namespaces.includes('ipc')) return []
  return [{ destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: NO_PROGRAMS }]
}

/** The kernel mounts a sysfs only for who owns the network namespace: a user namespace gets the host's, read-only. */
function sys({ root }: Isolation): RuntimeMount[] {
  if (root !== undefined) return [bindOf('/sys', ['rbind', ...NO_PROGRAMS, 'ro'])]
  return [
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...NO_PROGRAMS, 'ro'] },
    {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: [...NO_PROGRAMS, 'relatime', 'ro'],
    },
  ]
}

function bindOf(path: string, options: readonly string[]): RuntimeMount {
  return { destination: path, type: 'bind', source: path, options }
}
