/** Rules of config.md: the process, its mounts and its hooks. */
import { CAPABILITIES } from '../spec/capabilities.ts'
import { RLIMIT_NAMES } from '../spec/rlimits.ts'
import { tryContainerPath } from './container-path.ts'
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

const capabilitySet = list(oneOf(...CAPABILITIES))

/** Each entry as in environ(7). */
const environment = list(textLike('be NAME=VALUE', /^[^=]+=/s))

const isAtMost = (value: unknown, limit: unknown) =>
  typeof limit !== typeof value || (value as number | bigint) <= (limit as number | bigint)

const rlimit: Rule = all(
  object({
    'type!': oneOf(...RLIMIT_NAMES.map(name => `RLIMIT_${name.toUpperCase()}`)),
    'soft!': uint64,
    'hard!': uint64,
  }),
  must('have a soft limit that is not above the hard one', value =>
    isAtMost(member(value, 'soft'), member(value, 'hard')),
  ),
)

/** The member `process`. */
export const processRule = section(
  'config.md, Process',
  object({
    terminal: bool,
    consoleSize: object({ 'height!': uint32, 'width!': uint32 }),
    'cwd!': absolutePath,
    env: environment,
    'args!': all(
      list(text),
      must(
        'name a program',
        value => Array.isArray(value) && typeof value[0] === 'string' && value[0] !== '',
      ),
    ),
    rlimits: section(
      'config.md, POSIX process',
      all(
        list(rlimit),
        distinct('type', value => member(value, 'type')),
      ),
    ),
    apparmorProfile: section('config.md, Linux Process', text),
    capabilities: section(
      'config.md, Linux Process',
      object({
        effective: capabilitySet,
        bounding: capabilitySet,
        inheritable: capabilitySet,
        permitted: capabilitySet,
        ambient: capabilitySet,
      }),
    ),
    noNewPrivileges: section('config.md, Linux Process', bool),
    oomScoreAdj: section('config.md, Linux Process', int(-1000, 1000)),
    selinuxLabel: section('config.md, Linux Process', text),
    user: section(
      'config.md, POSIX-platform User',
      object({ 'uid!': uint32, 'gid!': uint32, umask: int(0, 0o777), additionalGids: list(uint32) }),
    ),
  }),
)

/** Places have to be plain, since what is mounted on is made in the rootfs beforehand; those of a template are made plain. */
const destination: Rule = all(absolutePath, spot => {
  const path = tryContainerPath(spot.value as string)
  if (path === '/') refuse(spot, 'must not be the root, which root.path is')
  else if (path !== spot.value && !spot.isPartial)
    refuse(spot, `must be without ".", ".." and doubled slashes: ${path}`)
})

/** The member `mounts`. */
export const mountsRule = section(
  'config.md, Mounts',
  all(
    list(
      object({
        'destination!': destination,
        type: text,
        source: text,
        options: list(textLike('be an option without a comma', /^[^,]+$/)),
      }),
    ),
    distinct('destination', value => member(value, 'destination')),
  ),
)

const hooks = list(
  object({ 'path!': absolutePath, args: list(text), env: environment, timeout: int(1, 2 ** 31 - 1) }),
)

/** The member `hooks`. */
export const hooksRule = section(
  'config.md, POSIX-platform Hooks',
  object({
    prestart: hooks,
    createRuntime: hooks,
    createContainer: hooks,
    startContainer: hooks,
    poststart: hooks,
    poststop: hooks,
  }),
)

/** The member `annotations`. */
export const annotationsRule = section('config.md, Annotations', mapOf(text))
