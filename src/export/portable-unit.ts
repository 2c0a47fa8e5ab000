/** The unit of a portable service: what config.json says, in the words of systemd.exec(5) and systemd.service(5). */
import type { MountSpec } from '../spec/types.ts'
import type { Dir } from '../tree/node.ts'
import { resolvePath } from '../tree/resolve.ts'
import { type Fate, warnOfKeys, warnOfMounts } from './declared.ts'
import {
  capabilitiesOf,
  hasOwn,
  limitsOf,
  memoryMountsOf,
  memoryOptions,
  stopSignalOf,
  variablesOf,
} from './process-facts.ts'
import type { ExportSubject, ExportWarning } from './subject.ts'
import { commandWord, listWord, type Setting, unitText } from './unit-words.ts'

/** Names of variables that systemd takes (environment.d(5)). */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The text of NAME.service. */
export function portableUnit(subject: ExportSubject): string {
  const { name, config, spec } = subject
  const { user, cwd, umask, noNewPrivileges, oomScoreAdj } = {
    ...config.process,
    ...config.process.user,
    user: config.process.user,
  }
  const capabilities = capabilitiesOf(config).join(' ')
  const isRoot = user.uid === 0 && user.gid === 0
  return unitText({
    Unit: [['Description', `${name}, made by ctrbuild`]],
    Service: [
      ['ExecStart', execStart(subject)],
      ...variablesOf(config).flatMap(([key, value]): Setting[] =>
        VARIABLE.test(key) ? [['Environment', listWord(`${key}=${value}`)]] : [],
      ),
      ['WorkingDirectory', cwd.replaceAll('%', '%%')],
      ['User', isRoot ? undefined : user.uid],
      ['Group', isRoot ? undefined : user.gid],
      ['SupplementaryGroups', user.additionalGids?.join(' ')],
      ['UMask', umask?.toString(8).padStart(4, '0')],
      ['KillSignal', stopSignalOf(config)],
      ['OOMScoreAdjust', oomScoreAdj],
      ['NoNewPrivileges', noNewPrivileges ? 'yes' : 'no'],
      ['CapabilityBoundingSet', capabilities],
      ['AmbientCapabilities', isRoot ? undefined : capabilities],
      ['ProtectSystem', config.root.readonly ? 'strict' : undefined],
      ['PrivateNetwork', hasOwn(config, 'network') ? 'yes' : undefined],
      ['PrivateIPC', hasOwn(config, 'ipc') ? 'yes' : undefined],
      ['ProtectHostname', hasOwn(config, 'uts') ? 'yes' : undefined],
      ...limitsOf(config).map(
        ({ name: limit, soft, hard }): Setting => [`Limit${limit.toUpperCase()}`, `${soft}:${hard}`],
      ),
      ...resourceSettings(subject),
      ...memoryMountsOf(config).map(
        (mount): Setting => ['TemporaryFileSystem', `${pathWord(mount.target)}:${memoryOptions(mount)}`],
      ),
      ...spec.mounts.flatMap(mountSettings(name)),
      ['Restart', 'on-failure'],
    ],
    Install: [['WantedBy', 'multi-user.target']],
  })
}

/** What the unit does not say. */
export function warnOfPortable({ spec, config, root, stamp }: ExportSubject): ExportWarning[] {
  const ofOwner: ExportWarning[] =
    stamp.privilege === 'root'
      ? []
      : [
          {
            code: 'EXPORT_CHANGED',
            key: 'rootfs',
            message: 'in a folder all files are yours: an archive (--output NAME.tar) has their owners',
          },
        ]
  const odd = variablesOf(config).filter(([name]) => !VARIABLE.test(name))
  const ofEnv = odd.map(
    ([name]): ExportWarning => ({
      code: 'EXPORT_LEFT_OUT',
      key: 'env',
      message: `systemd takes no variable called ${JSON.stringify(name)}`,
    }),
  )
  const ofArgs: ExportWarning[] =
    programOf(root, config.process) === undefined
      ? [
          {
            code: 'EXPORT_CHANGED',
            key: 'args',
            message: `${JSON.stringify(config.process.args[0])} is not in PATH of the image: systemd will look for it`,
          },
        ]
      : []
  const carried = ['rlimits', 'capabilities', 'noNewPrivileges', 'umask', 'oomScoreAdj', 'groups', 'rootfs']
  const fates: Readonly<Record<string, Fate>> = {
    ...Object.fromEntries(carried.map(key => [key, 'carried' as const])),
    namespaces: { code: 'EXPORT_CHANGED', message: 'a service sees the processes of the host' },
    resources: {
      code: 'EXPORT_CHANGED',
      message: 'only memory, pids and the quota of processors are carried',
    },
    ...(spec.seccomp === 'unconfined' && { seccomp: 'carried' as const }),
  }
  return [...ofOwner, ...ofEnv, ...ofArgs, ...warnOfKeys(spec, 'a unit', fates), ...warnOfMounts(spec, judge)]
}

function judge(mount: MountSpec): Fate {
  switch (mount.type) {
    case 'volume':
      return { code: 'EXPORT_CHANGED', message: 'is a folder in /var/lib of the host, empty at first' }
    case 'bind':
      return mount.source.startsWith('/')
        ? { code: 'EXPORT_HOST', message: `${mount.source} has to be there where it runs` }
        : {
            code: 'EXPORT_LEFT_OUT',
            message: `${mount.source} is relative to bundles.yaml, and a unit has no such folder`,
          }
    case 'tmpfs':
      return 'carried'
    default:
      return { code: 'EXPORT_CHANGED', message: `systemd mounts ${mount.type} as it sees fit` }
  }
}

/** The program by its path, since systemd does not ask the PATH of the image; it is still called what it was. */
function execStart({ root, config }: ExportSubject): string {
  const [first = '', ...rest] = config.process.args
  const program = programOf(root, config.process) ?? first
  const words = program === first ? [program] : [`@${program}`, first]
  return [...words.map(commandWord), ...rest.map(commandWord)].join(' ')
}

/** Where a shell in the container would find the process's program; undefined where it would not. */
function programOf(root: Dir, { args, env, cwd }: ExportSubject['config']['process']): string | undefined {
  const [first = ''] = args
  const folders =
    env
      .find(text => text.startsWith('PATH='))
      ?.slice('PATH='.length)
      .split(':') ?? []
  const candidates = first.includes('/')
    ? [first.startsWith('/') ? first : `${cwd}/${first}`]
    : folders.map(folder => `${folder}/${first}`)
  return candidates.find(path => {
    const found = resolvePath(root, Buffer.from(path).toString('latin1'), { followLast: true })
    return found.kind === 'found' && found.node.kind === 'file' && (found.node.meta.mode & 0o111) !== 0
  })
}

function resourceSettings({ spec }: ExportSubject): Setting[] {
  const { memory, cpu, pids } = spec.resources ?? {}
  const limit = (value: number | undefined) =>
    value === undefined ? undefined : value < 0 ? 'infinity' : value
  const quota =
    cpu?.quota === undefined || cpu.quota <= 0
      ? undefined
      : `${Math.ceil((100 * cpu.quota) / (cpu.period ?? 100_000))}%`
  return [
    ['MemoryMax', limit(memory?.limit)],
    ['MemoryLow', limit(memory?.reservation)],
    ['CPUQuota', quota],
    ['TasksMax', limit(pids)],
  ]
}

function mountSettings(name: string): (mount: MountSpec) => readonly Setting[] {
  return mount => {
    const bind = mount.readonly ? 'BindReadOnlyPaths' : 'BindPaths'
    const target = pathWord(mount.target)
    if (mount.type === 'volume') {
      const state = `${name}/${mount.source}`
      return [
        ['StateDirectory', pathWord(state)],
        [bind, `${pathWord(`/var/lib/${state}`)}:${target}`],
      ]
    }
    if (mount.type === 'bind' && mount.source.startsWith('/'))
      return [[bind, `${pathWord(mount.source)}:${target}`]]
    return []
  }
}

/** A colon separates the two paths of a bind. */
function pathWord(path: string): string {
  return listWord(path).replaceAll(':', '\\\\:')
}
