/**
 * A config.json as options of bubblewrap 0.8. Pure: what depends on the machine (which masked paths there are, who
 * the caller is) is left to the script.
 *
 * What bubblewrap cannot express is left out: cgroups, additional groups, noexec and propagation of mounts, owners of
 * a tmpfs, capability sets that differ. It always sets no_new_privs, and PWD in the environment.
 */
import { isWithin } from './container-path.ts'
import { mountSetting } from './mounts.ts'
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
    ...label('--exec-label', config.process.selinuxLabel),
    ...label('--file-label', config.linux.mountLabel),
    '--clearenv',
    ...config.process.env.flatMap(setenv),
    ...[config.root.readonly ? '--ro-bind' : '--bind', config.root.path, '/'],
    ...config.mounts.flatMap(mount => mountOptions(mount, config)),
    ...config.linux.readonlyPaths.flatMap(path => readonlyOptions(path, config.root.path)),
    ...['--chdir', config.process.cwd],
  ]
}

/** Limits as options of prlimit(1), which takes SOFT:HARD. */
export function prlimitOptions(config: RuntimeConfig): string[] {
  return config.process.rlimits.map(
    ({ type, soft, hard }) =>
      `--${type.replace(/^RLIMIT_/, '').toLowerCase()}=${limitOf(soft)}:${limitOf(hard)}`,
  )
}

/** Numbers that JavaScript would round are 2^64-1. */
function limitOf(value: number | bigint): string {
  return typeof value === 'bigint' ? 'unlimited' : String(value)
}

/** Being process 1 inside is only possible in a process namespace of its own; an id only in a user namespace. */
function namespaceOptions(config: RuntimeConfig): string[] {
  const options = config.linux.namespaces.flatMap(({ type }) => NAMESPACE_OPTIONS[type] ?? [])
  const first = options.includes('--unshare-pid') ? ['--as-pid-1'] : []
  const { uid, gid } = config.process.user
  const ids = options.includes('--unshare-user') ? ['--uid', String(uid), '--gid', String(gid)] : []
  return [...options, ...first, ...ids]
}

function label(option: string, value: string | undefined): string[] {
  return value === undefined ? [] : [option, value]
}

function setenv(entry: string): string[] {
  const at = entry.indexOf('=')
  return ['--setenv', entry.slice(0, at), entry.slice(at + 1)]
}

function mountOptions(mount: RuntimeMount, config: RuntimeConfig): string[] {
  const { destination, type, source, options } = mount
  switch (type) {
    case 'proc':
      return ['--proc', destination]
    case 'mqueue':
      // Only who owns the IPC namespace may mount its queues, and bubblewrap need not run as root. The host's are the same.
      return hasNamespace(config, 'ipc')
        ? ['--mqueue', destination]
        : ['--bind-try', '/dev/mqueue', destination]
    case 'tmpfs':
      return destination === '/dev' ? ['--dev', destination] : tmpfsOptions(mount, config)
    case 'devpts':
      // `--dev` has brought it.
      return []
    case 'sysfs':
      return ['--ro-bind', '/sys', destination]
    case 'cgroup':
      // It has come with /sys.
      return hasSysfsAround(destination, config) ? [] : ['--ro-bind', '/sys/fs/cgroup', destination]
    case 'bind':
      return bindOptions(source, destination, options)
    default:
      throw new TypeError(`no option of bubblewrap mounts ${type}`)
  }
}

function hasNamespace({ linux }: RuntimeConfig, type: string): boolean {
  return linux.namespaces.some(namespace => namespace.type === type)
}

function hasSysfsAround(path: string, { mounts }: RuntimeConfig): boolean {
  return mounts.some(({ type, destination }) => type === 'sysfs' && isWithin(path, destination))
}

/** bubblewrap has no form of a bind that is read-only and lets devices be used. */
function bindOptions(source: string, destination: string, options: readonly string[]): string[] {
  const isReadonly = options.includes('ro')
  const option = isReadonly ? '--ro-bind' : options.includes('dev') ? '--dev-bind' : '--bind'
  return [option, source, destination]
}

/**
 * Where a process starts below a mount in memory, runc and crun make the folder in it: so does this. Not in what is
 * bound: bubblewrap would follow links that the container has put there, out to the host.
 */
function workingFolder({ destination }: RuntimeMount, { process: { cwd }, mounts }: RuntimeConfig): string[] {
  const isBelow = cwd !== destination && isWithin(cwd, destination)
  const isInner = mounts.some(
    ({ destination: other }) => other.length > destination.length && isWithin(cwd, other),
  )
  return isBelow && !isInner ? ['--dir', cwd] : []
}

/** `--perms` and `--size` are for the option that follows them. */
function tmpfsOptions(mount: RuntimeMount, config: RuntimeConfig): string[] {
  const { destination, options } = mount
  const mode = mountSetting(mount, 'mode') ?? '755'
  const size = mountSetting(mount, 'size')
  return [
    ...['--perms', mode.padStart(4, '0')],
    ...(size === undefined ? [] : ['--size', String(byteCount(size))]),
    ...['--tmpfs', destination],
    ...workingFolder(mount, config),
    ...(options.includes('ro') ? ['--remount-ro', destination] : []),
  ]
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
