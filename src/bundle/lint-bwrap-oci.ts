/** What bwrap-oci 0.2 does otherwise than config.json says: of all members it knows few, and leaves out the others. */
import { isWithin } from './container-path.ts'
import { ignoredByBubblewrap, linksOfOthers, type Member } from './lint-bubblewrap.ts'
import {
  type Finding,
  givenMounts,
  hasUsers,
  type Lint,
  mapsFurtherIds,
  mountAt,
  optionsBeyond,
  type Subject,
} from './lint-subject.ts'
import type { RuntimeMount } from './types.ts'

/** Types of mounts that it knows; any other one it binds. */
const TYPES = ['bind', 'cgroup', 'devpts', 'devtmpfs', 'mqueue', 'proc', 'sysfs', 'tmpfs']

const KERNEL = ['/proc', '/sys']

/** bwrap-oci. */
export const lintBwrapOci: Lint = subject => [
  ...refusals(subject),
  ...linksOfOthers(subject),
  ...ignoredByBubblewrap(subject, IGNORED),
  ...rights(subject),
  ...paths(subject),
  ...givenMounts(subject).flatMap(mount => mountOptions(mount, subject)),
  ...temporary(subject),
]

const IGNORED: readonly Member[] = ['rlimits', 'additionalGids']

function refusals(subject: Subject): readonly Finding[] {
  const { config, caller } = subject
  const { linux, process: given } = config
  const names = linux.namespaces.map(({ type }) => type)
  const unknown = names.filter(name => name === 'cgroup' || name === 'time')
  const { uid, gid } = given.user
  const at = ['linux', 'namespaces']
  const findings: readonly (readonly [boolean, Finding])[] = [
    [
      linux.seccomp !== undefined,
      { effect: 'refuses', at: ['linux', 'seccomp'], claim: 'crashes on every filter' },
    ],
    [unknown.length > 0, { effect: 'refuses', at, claim: `knows no ${unknown.join(' and no ')} namespace` }],
    [!names.includes('pid'), { effect: 'refuses', at, claim: 'needs a pid namespace' }],
    [
      given.args[0]!.startsWith('--'),
      {
        effect: 'refuses',
        at: ['process', 'args'],
        claim: `takes ${given.args[0]} for an option of bubblewrap`,
      },
    ],
    [
      !hasUsers(subject) && (uid !== 0 || gid !== 0),
      {
        effect: 'refuses',
        at: ['process', 'user'],
        claim: `becomes uid ${uid}, gid ${gid} only in a user namespace`,
        hint: 'Add user to namespaces, or leave bwrap-oci out of runtimes',
      },
    ],
    [
      given.selinuxLabel !== undefined || linux.mountLabel !== undefined,
      { effect: 'needs', at: ['process', 'selinuxLabel'], claim: 'needs SELinux on the host' },
    ],
    [
      linux.namespaces.some(({ path }) => path !== undefined),
      { effect: 'changes', at, claim: 'makes new namespaces instead of joining those that are there' },
    ],
    [
      mapsFurtherIds(subject),
      {
        effect: 'changes',
        at: ['linux', 'uidMappings'],
        claim: `maps ${caller === undefined ? 'one id' : 'you and your first range of /etc/subuid'}, whatever the mappings say`,
      },
    ],
  ]
  return findings.flatMap(([holds, finding]) => (holds ? [finding] : []))
}

/** Without any capability in the five sets it takes none away, which leaves root all of them. */
function rights({ config, caller }: Subject): readonly Finding[] {
  const sets = Object.values(config.process.capabilities)
  const at = ['process', 'capabilities']
  if (sets.every(set => set.length === 0)) {
    if (caller !== undefined) return []
    return [
      {
        effect: 'changes',
        at,
        claim: 'gives root ALL capabilities where there should be none',
        hint: 'Keep one, such as add: [KILL], or leave bwrap-oci out of runtimes',
      },
    ]
  }
  const isEqual = sets.every(set => [...set].sort().join() === [...sets[0]!].sort().join())
  return isEqual
    ? []
    : [{ effect: 'changes', at, claim: 'puts the capabilities of all five sets into each of them' }]
}

function paths({ config }: Subject): readonly Finding[] {
  const { maskedPaths, readonlyPaths } = config.linux
  const outside = (path: string) => !KERNEL.some(folder => isWithin(path, folder))
  return [
    ...readonlyPaths.filter(outside).map(
      (path): Finding => ({
        effect: 'changes',
        at: ['linux', 'readonlyPaths'],
        claim: `shows the host's ${path} instead of the image's`,
      }),
    ),
    ...maskedPaths.filter(outside).map(
      (path): Finding => ({
        effect: 'needs',
        at: ['linux', 'maskedPaths'],
        claim: `can hide ${path} only if it is a file`,
      }),
    ),
  ]
}

/** Of options it reads `ro`, and of binds `dev`; a tmpfs has the mode 0755 and no limit. */
function mountOptions(mount: RuntimeMount, subject: Subject): readonly Finding[] {
  const at = mountAt(mount)
  const { type, options } = mount
  if (!TYPES.includes(type)) return [{ effect: 'refuses', at, claim: `knows no mount of type ${type}` }]
  if (type === 'tmpfs' && mount.destination === '/dev') {
    return [{ effect: 'changes', at, claim: 'makes a /dev of its own, whatever the options say' }]
  }
  const plain = [
    'bind',
    'rbind',
    'nosuid',
    'nodev',
    'rw',
    'newinstance',
    'relatime',
    ...(type === 'tmpfs' ? [] : ['ro']),
  ]
  const beyond = optionsBeyond(
    mount,
    type === 'bind' ? [...plain, 'dev'] : [...plain, ...(NOEXEC[type] ?? [])],
    subject,
  )
  // 1777 is what every tmpfs has here, and its owner can write to it either way.
  const lost = beyond.filter(option => !/^mode=0?(?:1777|755)$/.test(option))
  const both = type === 'bind' && options.includes('dev') && options.includes('ro') ? ['dev'] : []
  const all = [...lost, ...both]
  return all.length === 0 ? [] : [{ effect: 'ignores', at, claim: `ignores ${all.join(', ')}` }]
}

/** Options that bubblewrap sets anyway. */
const NOEXEC: Readonly<Record<string, readonly string[]>> = {
  proc: ['noexec'],
  mqueue: ['noexec'],
  devpts: ['noexec', 'ptmxmode=', 'mode='],
  sysfs: ['noexec'],
  cgroup: ['noexec'],
}

function temporary({ config }: Subject): readonly Finding[] {
  if (config.mounts.some(({ destination }) => destination === '/tmp')) return []
  return [
    {
      effect: 'changes',
      at: ['mounts'],
      claim: "mounts an empty /tmp over the image's",
      hint: 'Mount something there, such as { type: tmpfs, target: /tmp }',
    },
  ]
}
