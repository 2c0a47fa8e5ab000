/** Rules of config-linux.md: the member `linux`. */
import { resourcesRule } from './check-resources.ts'
import {
  absolutePath,
  all,
  bool,
  distinct,
  int,
  list,
  mapOf,
  member,
  must,
  object,
  oneOf,
  type Rule,
  refuse,
  section,
  text,
  textLike,
  uint32,
  uint64,
} from './rule.ts'

const ACTIONS = ['KILL', 'KILL_PROCESS', 'KILL_THREAD', 'TRAP', 'ERRNO', 'TRACE', 'ALLOW', 'LOG', 'NOTIFY']
const OPERATORS = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ']

const namespaces = section(
  'config-linux.md, Namespaces',
  all(
    list(
      object({
        'type!': oneOf('pid', 'network', 'mount', 'ipc', 'uts', 'user', 'cgroup', 'time'),
        path: absolutePath,
      }),
    ),
    distinct('type', value => member(value, 'type')),
  ),
)

interface Range {
  readonly containerID: number
  readonly hostID: number
  readonly size: number
}

/** Stretches of ids that overlap mean two things (user_namespaces(7)). */
const apart: Rule = spot => {
  const ranges = spot.value as unknown as readonly Range[]
  ranges.forEach((range, i) => {
    const other = ranges.findIndex(
      (before, j) => j < i && (overlap(before, range, 'containerID') || overlap(before, range, 'hostID')),
    )
    if (other >= 0) refuse({ ...spot, at: [...spot.at, i] }, `must not overlap entry ${other}`)
  })
}

function overlap(a: Range, b: Range, side: 'containerID' | 'hostID'): boolean {
  return a[side] < b[side] + b.size && b[side] < a[side] + a.size
}

const mappings = section(
  'config-linux.md, User namespace mappings',
  all(
    list(object({ 'containerID!': uint32, 'hostID!': uint32, 'size!': int(1, 2 ** 32 - 1) })),
    must('map something', value => Array.isArray(value) && value.length > 0),
    apart,
  ),
)

const device: Rule = all(
  object({
    'type!': oneOf('c', 'b', 'u', 'p'),
    'path!': absolutePath,
    major: int(0, 2 ** 32 - 1),
    minor: int(0, 2 ** 32 - 1),
    fileMode: int(0, 0o7777),
    uid: uint32,
    gid: uint32,
  }),
  must(
    'have major and minor, unless it is a FIFO',
    value =>
      member(value, 'type') === 'p' || (isNumber(member(value, 'major')) && isNumber(member(value, 'minor'))),
  ),
)

function isNumber(value: unknown): boolean {
  return typeof value === 'number'
}

const action = oneOf(...ACTIONS.map(name => `SCMP_ACT_${name}`))

/** The member `linux.seccomp`. */
const seccompRule = section(
  'config-linux.md, Seccomp',
  object({
    'defaultAction!': action,
    defaultErrnoRet: uint32,
    architectures: list(textLike('be an architecture such as SCMP_ARCH_X86_64', /^SCMP_ARCH_[A-Z0-9_]+$/)),
    flags: list(textLike('be a flag such as SECCOMP_FILTER_FLAG_LOG', /^SECCOMP_FILTER_FLAG_[A-Z_]+$/)),
    listenerPath: absolutePath,
    listenerMetadata: text,
    syscalls: list(
      object({
        'names!': all(
          list(textLike('be the name of a system call', /^[A-Za-z0-9_]+$/)),
          must('name a system call', value => Array.isArray(value) && value.length > 0),
        ),
        'action!': action,
        errnoRet: uint32,
        args: list(
          object({
            'index!': int(0, 5),
            'value!': uint64,
            valueTwo: uint64,
            'op!': oneOf(...OPERATORS.map(name => `SCMP_CMP_${name}`)),
          }),
        ),
      }),
    ),
  }),
)

/** The member `linux`. */
export const linuxRule = object({
  namespaces,
  uidMappings: mappings,
  gidMappings: mappings,
  devices: section(
    'config-linux.md, Devices',
    all(
      list(device),
      distinct('path', value => member(value, 'path')),
    ),
  ),
  cgroupsPath: section('config-linux.md, Cgroups Path', text),
  resources: resourcesRule,
  sysctl: section('config-linux.md, Sysctl', mapOf(text)),
  seccomp: seccompRule,
  rootfsPropagation: section(
    'config-linux.md, Rootfs Mount Propagation',
    oneOf('private', 'slave', 'shared', 'unbindable'),
  ),
  maskedPaths: section('config-linux.md, Masked Paths', list(absolutePath)),
  readonlyPaths: section('config-linux.md, Readonly Paths', list(absolutePath)),
  mountLabel: section('config-linux.md, Mount Label', text),
  personality: section(
    'config-linux.md, Personality',
    object({ 'domain!': oneOf('LINUX', 'LINUX32'), flags: list(text) }),
  ),
  intelRdt: object({
    closID: text,
    l3CacheSchema: text,
    memBwSchema: text,
    enableCMT: bool,
    enableMBM: bool,
  }),
})
