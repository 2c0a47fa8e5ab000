/** What runc 1.1 and crun 1.8 do otherwise than config.json says. */
import { rlimitFindings } from './lint-limits.ts'
import { mountFindings } from './lint-mounts.ts'
import {
  type Finding,
  hasResources,
  hasUsers,
  type Lint,
  mapsFurtherIds,
  type Subject,
} from './lint-subject.ts'

/** runc and crun. */
export const lintOci: Lint = subject => [
  ...sysctls(subject),
  ...mountFindings(subject),
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

function limits(subject: Subject): readonly Finding[] {
  const { oomScoreAdj = 0 } = subject.config.process
  const at = ['process', 'oomScoreAdj']
  const claim = 'may not make it less for a plain user'
  const isTooLow = subject.caller !== undefined && oomScoreAdj < 0
  return [...rlimitFindings(subject), ...(isTooLow ? [{ effect: 'refuses', at, claim } as const] : [])]
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
