/**
 * A config.json as options of bubblewrap 0.8. Pure: what depends on the machine (which masked paths there are, who
 * the caller is) is left to the script.
 *
 * What bubblewrap cannot express is left out: cgroups, additional groups, noexec and propagation of mounts, owners of
 * a tmpfs, capability sets that differ. It always sets no_new_privs, and PWD in the environment.
 */
import { isWithin } from './container-path.ts'
import type { RuntimeConfig, RuntimeMount } from './types.ts'

const NAMESPACE_OPTIONS: Readonly<Record<string, string>> = {
  cgroup: '--unshare-cgroup',
  ipc: '--unshare-ipc',
  network: '--unshare-net',
  pid: '--unshare-pid',
  user: '--unshare-user',
  uts: '--unshare-uts',
}

/** Kernel file systems, whose read-only parts may be shown from the host's. */
const KERNEL = ['/proc', '/sys']

/**
 * The options, without the command. Sources of mounts are relative to the bundle, as in config.json. The order
 * counts: bubblewrap makes mounts as it reads them.
 */
export function bwrapOptions(config: RuntimeConfig): string[] {
  return [
    // Without it, what runs inside would outlive a bubblewrap that is killed.
    '--die-with-parent',
    // Input may not be pushed back to the caller's terminal (TIOCSTI).
    ...(config.process.terminal ? [] : ['--new-session']),
    ...namespaceOptions(config),
    ...(config.hostname === undefined ? [] : ['--hostname', config.hostname]),
    ...['--cap-drop', 'ALL', ...config.process.capabilities.bounding.flatMap(name => ['--cap-add', name])],
    '--clearenv',
    ...config.process.env.flatMap(setenv),
    ...[config.root.readonly ? '--ro-bind' : '--bind', config.root.path, '/'],
    ...config.mounts.flatMap(mount => mountOptions(mount, config.mounts)),
    ...config.linux.readonlyPaths.flatMap(path => readonlyOptions(path, config.root.path)),
    ...['--chdir', config.process.cwd],
  ]
}

/** Limits as options of prlimit(1), which takes SOFT:HARD. */
export function prlimitOptions({ process }: RuntimeConfig): string[] {
  return process.rlimits.map(
    ({ type, soft, hard }) => `--${type.replace(/^RLIMIT_/, '').toLowerCase()}=${soft}:${hard}`,
  )
}

/** Being process 1 inside is only possible in a process namespace of its own; an id only in a user namespace. */
function namespaceOptions({ linux, process }: RuntimeConfig): string[] {
  const options = linux.namespaces.flatMap(({ type }) => NAMESPACE_OPTIONS[type] ?? [])
  const first = options.includes('--unshare-pid') ? ['--as-pid-1'] : []
  const { uid, gid } = process.user
  const ids = options.includes('--unshare-user') ? ['--uid', String(uid), '--gid', String(gid)] : []
  return [...options, ...first, ...ids]
}

function setenv(entry: string): string[] {
  const at = entry.indexOf('=')
  return ['--setenv', entry.slice(0, at), entry.slice(at + 1)]
}

function mountOptions(mount: RuntimeMount, all: readonly RuntimeMount[]): string[] {
  const { destination, type, source, options } = mount
  switch (type) {
    case 'proc':
      return ['--proc', destination]
    case 'mqueue':
      return ['--mqueue', destination]
    case 'tmpfs':
      return destination === '/dev' ? ['--dev', destination] : tmpfsOptions(mount)
    case 'devpts':
      // `--dev` has brought it.
      return []
    case 'sysfs':
      return ['--ro-bind', '/sys', destination]
    case 'cgroup':
      // All of the host's /sys is bound, with what is mounted in it.
      return all.some(other => other.type === 'sysfs' && isWithin(destination, other.destination))
        ? []
        : ['--ro-bind', '/sys/fs/cgroup', destination]
    case 'bind':
      return [options.includes('ro') ? '--ro-bind' : '--bind', source, destination]
    default:
      throw new TypeError(`no option of bubblewrap mounts ${type}`)
  }
}

/** `--perms` and `--size` are for the option that follows them. */
function tmpfsOptions({ destination, options }: RuntimeMount): string[] {
  const mode = settingOf('mode', options) ?? '755'
  const size = settingOf('size', options)
  return [
    ...['--perms', mode.padStart(4, '0')],
    ...(size === undefined ? [] : ['--size', String(byteCount(size))]),
    ...['--tmpfs', destination],
    ...(options.includes('ro') ? ['--remount-ro', destination] : []),
  ]
}

function settingOf(name: string, options: readonly string[]): string | undefined {
  return options.find(option => option.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** The kernel's units for `size=` of a tmpfs (tmpfs(5)). */
function byteCount(size: string): number {
  const exponent = ' kmg'.indexOf(size.slice(-1).toLowerCase())
  return exponent > 0 ? Number(size.slice(0, -1)) * 1024 ** exponent : Number(size)
}

/** A path of the image is bound from the image: the same path of the host would be another thing. */
function readonlyOptions(path: string, root: string): string[] {
  const isKernels = KERNEL.some(folder => isWithin(path, folder))
  return ['--ro-bind-try', isKernels ? path : `${root}${path}`, path]
}
