/** What plain bubblewrap 0.8 cannot express of a config.json (see bwrap.ts for what it can). */

import { isWithin } from './container-path.ts'
import { ignoredByBubblewrap, linksOfOthers } from './lint-bubblewrap.ts'
import { rlimitFindings } from './lint-limits.ts'
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

const TYPES = ['bind', 'cgroup', 'devpts', 'mqueue', 'proc', 'sysfs', 'tmpfs']

const KERNEL = ['/proc', '/sys']

/** Options that it sets anyway, or that have an option of its own. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  bind: ['rbind', 'nosuid', 'nodev', 'dev', 'ro', 'rw'],
  tmpfs: ['nosuid', 'nodev', 'ro', 'rw', 'mode=', 'size=', 'strictatime'],
  proc: ['nosuid', 'nodev', 'noexec'],
  mqueue: ['nosuid', 'nodev', 'noexec'],
  devpts: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=', 'mode='],
  sysfs: ['nosuid', 'nodev', 'noexec', 'ro'],
  cgroup: ['nosuid', 'nodev', 'noexec', 'relatime', 'ro'],
}

/** Plain bubblewrap. */
export const lintBwrap: Lint = subject => [
  ...refusals(subject),
  ...linksOfOthers(subject),
  ...ignoredByBubblewrap(subject, hasUsers(subject) ? ['additionalGids'] : []),
  ...rights(subject),
  ...rlimitFindings(subject),
  ...givenMounts(subject).flatMap(mount => mountOptions(mount, subject)),
]

function refusals(subject: Subject): readonly Finding[] {
  const { config } = subject
  const { linux } = config
  const { uid, additionalGids = [] } = config.process.user
  const joined = linux.namespaces.filter(({ path }) => path !== undefined).map(({ type }) => type)
  const ofImage = linux.maskedPaths.filter(path => !KERNEL.some(folder => isWithin(path, folder)))
  const at = ['linux', 'namespaces']
  const findings: readonly (readonly [boolean, Finding])[] = [
    [
      linux.seccomp !== undefined,
      { effect: 'refuses', at: ['linux', 'seccomp'], claim: 'takes filters only as compiled programs' },
    ],
    [joined.length > 0, { effect: 'refuses', at, claim: `cannot join the namespace ${joined.join(', ')}` }],
    [
      linux.namespaces.some(({ type }) => type === 'time'),
      { effect: 'refuses', at, claim: 'knows no time namespace' },
    ],
    [
      mapsFurtherIds(subject),
      {
        effect: 'changes',
        at: ['linux', 'uidMappings'],
        claim: 'maps one id only: the process is you, whoever it seems to be',
      },
    ],
    [
      [config.process.selinuxLabel, linux.mountLabel].some(label => label !== undefined),
      { effect: 'needs', at: ['process', 'selinuxLabel'], claim: 'needs SELinux on the host' },
    ],
    [
      !hasUsers(subject) && uid !== 0 && additionalGids.length > 0,
      {
        effect: 'changes',
        at: ['process', 'user', 'additionalGids'],
        claim: 'keeps further groups of a user other than root, but inside they have no numbers',
      },
    ],
    [
      ofImage.length > 0,
      {
        effect: 'changes',
        at: ['linux', 'maskedPaths'],
        claim: `hides ${ofImage.join(', ')} only where the host has the like`,
      },
    ],
    [
      linux.personality !== undefined,
      { effect: 'ignores', at: ['linux', 'personality'], claim: 'ignores the personality' },
    ],
  ]
  return findings.flatMap(([holds, finding]) => (holds ? [finding] : []))
}

function rights({ config }: Subject): readonly Finding[] {
  const { bounding, ...others } = config.process.capabilities
  const isEqual = Object.values(others).every(set => [...set].sort().join() === [...bounding].sort().join())
  const at = ['process', 'capabilities']
  return isEqual ? [] : [{ effect: 'changes', at, claim: 'puts the bounding set into all five sets' }]
}

function mountOptions(mount: RuntimeMount, subject: Subject): readonly Finding[] {
  const { type, destination } = mount
  const at = mountAt(mount)
  if (!TYPES.includes(type)) return [{ effect: 'refuses', at, claim: `knows no mount of type ${type}` }]
  if (type === 'tmpfs' && destination === '/dev') {
    return [{ effect: 'changes', at, claim: 'makes a /dev of its own, whatever the options say' }]
  }
  if (type === 'devpts' && destination !== '/dev/pts') {
    return [{ effect: 'ignores', at, claim: 'has terminals only in /dev/pts' }]
  }
  const beyond = optionsBeyond(mount, KNOWN[type]!, subject)
  const rw = ['sysfs', 'cgroup'].includes(type) && !mount.options.includes('ro') ? ['rw'] : []
  const dev = type === 'bind' && ['dev', 'ro'].every(option => mount.options.includes(option)) ? ['dev'] : []
  const all = [...beyond, ...rw, ...dev]
  return all.length === 0 ? [] : [{ effect: 'ignores', at, claim: `ignores ${all.join(', ')}` }]
}
