/** A bundle as a Quadlet file: podman runs its rootfs where it lies (podman-systemd.unit(5), "Container units"). */
import type { MountSpec } from '../spec/types.ts'
import { type Fate, warnOfKeys, warnOfMounts } from './declared.ts'
import {
  capabilitiesOf,
  hasOwn,
  limitsOf,
  memoryMountsOf,
  memoryOptions,
  stopSignalOf,
} from './process-facts.ts'
import type { ExportSubject, ExportWarning } from './subject.ts'
import { commandWord, type Setting, unitText } from './unit-words.ts'

/**
 * The text of NAME.container, for podman 4.9 and later.
 * @param rootfs absolute path of the root file system on the host
 */
export function quadletText(subject: ExportSubject, rootfs: string): string {
  const { name, config, spec } = subject
  const { user, args, env, noNewPrivileges } = config.process
  return unitText({
    Unit: [
      ['Description', `${name}, made by ctrbuild`],
      ['Wants', 'network-online.target'],
      ['After', 'network-online.target'],
    ],
    Container: [
      // An overlay: podman makes files of its own in a root, and the files of this one belong to the store.
      ['Rootfs', `${rootfs.replaceAll('%', '%%')}:O`],
      ['ContainerName', name],
      ['Exec', args.map(commandWord).join(' ')],
      ...env.map((text): Setting => ['Environment', commandWord(text)]),
      ['User', user.uid],
      ['Group', user.gid],
      ['HostName', config.hostname],
      ['Network', hasOwn(config, 'network') ? 'none' : 'host'],
      ['ReadOnly', String(config.root.readonly)],
      ['NoNewPrivileges', String(noNewPrivileges)],
      ['DropCapability', 'all'],
      ...capabilitiesOf(config).map((cap): Setting => ['AddCapability', cap]),
      ...limitsOf(config).map(
        ({ name: limit, soft, hard }): Setting => ['Ulimit', `${limit}=${ulimit(soft)}:${ulimit(hard)}`],
      ),
      ...Object.entries(config.linux.sysctl ?? {}).map(
        ([key, value]): Setting => ['Sysctl', commandWord(`${key}=${value}`)],
      ),
      ['SeccompProfile', spec.seccomp === 'default' ? undefined : 'unconfined'],
      ...memoryMountsOf(config).map(
        (mount): Setting => ['Tmpfs', commandWord(`${mount.target}:${memoryOptions(mount)}`)],
      ),
      ...spec.mounts.flatMap(mountSettings(subject)),
      ...podmanArgs(subject).map((arg): Setting => ['PodmanArgs', commandWord(arg)]),
    ],
    Service: [['Restart', 'on-failure']],
    Install: [['WantedBy', 'multi-user.target default.target']],
  })
}

/** What Quadlet and podman do otherwise. */
export function warnOfQuadlet({ spec, config }: ExportSubject): ExportWarning[] {
  const ofRootfs: ExportWarning = {
    code: 'EXPORT_HOST',
    key: 'rootfs',
    message: 'podman runs the files in the output folder: they have to stay there',
  }
  const ofSeccomp: ExportWarning[] =
    typeof spec.seccomp === 'object'
      ? [
          {
            code: 'EXPORT_LEFT_OUT',
            key: 'seccomp',
            message: 'the profile is left out: name its file in SeccompProfile=',
          },
        ]
      : []
  const namespaces: Fate = ['cgroup', 'user'].some(type => hasOwn(config, type))
    ? { code: 'EXPORT_CHANGED', message: 'podman has its own ways with user and cgroup namespaces' }
    : 'carried'
  const carried = [
    'rlimits',
    'capabilities',
    'noNewPrivileges',
    'hostname',
    'terminal',
    'sysctl',
    'umask',
    'oomScoreAdj',
    'groups',
  ]
  const fates: Readonly<Record<string, Fate>> = {
    ...Object.fromEntries(carried.map(key => [key, 'carried' as const])),
    seccomp: 'carried',
    namespaces,
    rootfs: { code: 'EXPORT_CHANGED', message: 'what the container writes is gone when it ends' },
    resources:
      spec.resources?.io === undefined && spec.resources?.devices === undefined
        ? 'carried'
        : { code: 'EXPORT_CHANGED', message: 'limits of devices are left out' },
  }
  return [ofRootfs, ...ofSeccomp, ...warnOfKeys(spec, 'a Quadlet file', fates), ...warnOfMounts(spec, judge)]
}

function judge(mount: MountSpec): Fate {
  switch (mount.type) {
    case 'volume':
      return {
        code: 'EXPORT_CHANGED',
        message: `is podman's volume of the bundle's name and ${mount.source}, which is empty at first`,
      }
    case 'bind':
      return mount.source.startsWith('/')
        ? { code: 'EXPORT_HOST', message: `${mount.source} has to be there where it runs` }
        : {
            code: 'EXPORT_LEFT_OUT',
            message: `${mount.source} is relative to bundles.yaml, and podman knows no such folder`,
          }
    case 'tmpfs':
      return 'carried'
    default:
      return { code: 'EXPORT_CHANGED', message: `podman mounts ${mount.type} as it sees fit` }
  }
}

function mountSettings({ name }: ExportSubject): (mount: MountSpec) => readonly Setting[] {
  return mount => {
    const mode = mount.readonly ? ':ro' : ''
    if (mount.type === 'volume')
      return [['Volume', commandWord(`${name}-${mount.source}:${mount.target}${mode}`)]]
    if (mount.type === 'bind' && mount.source.startsWith('/'))
      return [['Volume', commandWord(`${mount.source}:${mount.target}${mode}`)]]
    return []
  }
}

/** What Quadlet has no key for. */
function podmanArgs({ config, spec }: ExportSubject): string[] {
  const { user, oomScoreAdj, terminal, cwd } = config.process
  const { memory, cpu, pids } = spec.resources ?? {}
  const signal = stopSignalOf(config)
  return [
    `--workdir=${cwd}`,
    ...(signal === undefined ? [] : [`--stop-signal=${signal}`]),
    ...(user.additionalGids ?? []).map(gid => `--group-add=${gid}`),
    ...(user.umask === undefined ? [] : [`--umask=${user.umask.toString(8).padStart(4, '0')}`]),
    ...(oomScoreAdj === undefined ? [] : [`--oom-score-adj=${oomScoreAdj}`]),
    ...(terminal ? ['--tty'] : []),
    ...flag('memory', memory?.limit),
    ...flag('memory-reservation', memory?.reservation),
    ...flag('memory-swap', memory?.swap),
    ...flag('cpu-shares', cpu?.shares),
    ...flag('cpu-quota', cpu?.quota),
    ...flag('cpu-period', cpu?.period),
    ...flag('cpuset-cpus', cpu?.cpus),
    ...flag('cpuset-mems', cpu?.mems),
    ...flag('pids-limit', pids),
  ]
}

function flag(name: string, value: number | string | undefined): string[] {
  return value === undefined ? [] : [`--${name}=${value}`]
}

function ulimit(limit: number | 'infinity'): number {
  return limit === 'infinity' ? -1 : limit
}
