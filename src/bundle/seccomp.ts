/** Which system calls a container may make, as `linux.seccomp` (config-linux.md, "Seccomp"). */
import { parseJsonText } from '../spec/json-text.ts'
import type { Settings } from '../spec/settings.ts'
import { BY_ARCHITECTURE, HARMLESS, PRIVILEGED, REFUSED } from './syscalls.ts'

/** Of an image's architecture (in Go's terms), the one to filter, and those whose programs run on it too. */
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  amd64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
  s390x: ['SCMP_ARCH_S390X', 'SCMP_ARCH_S390'],
}

const EPERM = 1
const ENOSYS = 38

/** Namespaces that clone(2) can make, as bits of its flags, which are its second argument on s390. */
const CLONE_NAMESPACES = 0x7e020000

/** Personalities that change nothing of what is kept apart (personality(2)); the last one asks which it is. */
const PERSONALITIES = [0, 8, 0x20000, 0x20008, 0xffffffff]

/** Sockets of virtual machines reach the host past the network namespace (vsock(7)). */
const AF_VSOCK = 40

/** What a filter is for. */
export interface SeccompSubject {
  /** The process's bounding set. */
  readonly capabilities: readonly string[]
  /** Of the image, in Go's terms. */
  readonly architecture: string
}

/** The member `linux.seccomp` that a setting asks for; undefined for none. */
export function makeSeccomp(setting: Settings['seccomp'], subject: SeccompSubject): object | undefined {
  if (setting === undefined || setting === 'unconfined') return undefined
  return setting === 'default' ? defaultProfile(subject) : (parseJsonText(setting.profile) as object)
}

/**
 * Lets through what is harmless, and what the capabilities allow anyway. What a capability is missing for fails as
 * the kernel would let it fail; anything unknown is said not to exist, so that libraries fall back to something older.
 */
function defaultProfile({ capabilities, architecture }: SeccompSubject): object {
  const granted = PRIVILEGED.filter(([needed]) => needed.some(name => capabilities.includes(name)))
  const denied = PRIVILEGED.filter(group => !granted.includes(group))
  const isAdmin = capabilities.includes('CAP_SYS_ADMIN')
  const names = [
    ...HARMLESS,
    ...granted.flatMap(([, names]) => names),
    ...(BY_ARCHITECTURE[architecture] ?? []),
    ...(isAdmin ? ['clone', 'clone3'] : []),
  ]
  const architectures = ARCHITECTURES[architecture]
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: ENOSYS,
    ...(architectures && { architectures }),
    syscalls: [
      { names: names.sort(), action: 'SCMP_ACT_ALLOW' },
      {
        names: [...REFUSED, ...denied.flatMap(([, names]) => names)].sort(),
        action: 'SCMP_ACT_ERRNO',
        errnoRet: EPERM,
      },
      ...(isAdmin
        ? []
        : [allowWhere('clone', architecture === 's390x' ? 1 : 0, CLONE_NAMESPACES, 'SCMP_CMP_MASKED_EQ', 0)]),
      ...PERSONALITIES.map(value => allowWhere('personality', 0, value, 'SCMP_CMP_EQ')),
      allowWhere('socket', 0, AF_VSOCK, 'SCMP_CMP_NE'),
    ],
  }
}

/** Lets one system call through where an argument compares well; a masked one is compared with `valueTwo`. */
function allowWhere(name: string, index: number, value: number, op: string, valueTwo?: number): object {
  const arg = { index, value, ...(valueTwo !== undefined && { valueTwo }), op }
  return { names: [name], action: 'SCMP_ACT_ALLOW', args: [arg] }
}
