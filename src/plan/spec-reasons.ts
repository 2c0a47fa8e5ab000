/** What changed in a bundle's declaration, in words. Images are told of elsewhere. */
import type { BundleSpec, MountSpec } from '../spec/types.ts'

const SETTINGS = [
  'args',
  'cwd',
  'user',
  'groups',
  'umask',
  'hostname',
  'terminal',
  'capabilities',
  'noNewPrivileges',
  'oomScoreAdj',
  'apparmor',
  'selinux',
  'namespaces',
  'namespacePaths',
  'uidMappings',
  'gidMappings',
  'seccomp',
  'maskedPaths',
  'readonlyPaths',
  'rootfsPropagation',
  'resources',
  'devices',
  'cgroupsPath',
  'hooks',
  'configTemplate',
  'configPatch',
  'portable',
  'rootfs',
  'runtimes',
  'system',
  'scope',
  'service',
  'tmpfiles',
  'hostFiles',
] as const

/** Settings whose value says itself; of the others only that they changed. */
const WORDS: ReadonlySet<string> = new Set([
  'cwd',
  'user',
  'hostname',
  'terminal',
  'noNewPrivileges',
  'oomScoreAdj',
  'apparmor',
  'uidMappings',
  'gidMappings',
  'seccomp',
  'rootfsPropagation',
  'cgroupsPath',
  'portable',
  'rootfs',
  'system',
  'scope',
  'hostFiles',
])

/** Settings that the image decides where they are left out; of all others it is ctrbuild's default. */
const OF_IMAGE: ReadonlySet<string> = new Set(['args', 'cwd', 'user', 'system', 'hostFiles'])

/** Every difference that decides the bundle's bytes. */
export function specReasons(before: BundleSpec, after: BundleSpec): string[] {
  return [
    ...SETTINGS.filter(key => !same(before[key], after[key])).map(key =>
      settingReason(key, before[key], after[key]),
    ),
    ...keyed('env', before.env, after.env),
    ...keyed('annotation', before.annotations, after.annotations),
    ...keyed('rlimit', before.rlimits, after.rlimits),
    ...keyed('sysctl', before.sysctl, after.sysctl),
    ...keyed('set', before.set, after.set),
    ...mountReasons(before.mounts, after.mounts),
  ]
}

function settingReason(key: string, before: unknown, after: unknown): string {
  const isSaid = WORDS.has(key) && isWord(before) && isWord(after)
  return isSaid ? `${key} ${word(key, before)} -> ${word(key, after)}` : `${key} changed`
}

function isWord(value: unknown): value is string | number | boolean | undefined {
  return typeof value !== 'object'
}

function word(key: string, value: string | number | boolean | undefined): string {
  if (value !== undefined) return String(value)
  return OF_IMAGE.has(key) ? "(the image's)" : '(default)'
}

function mountReasons(before: readonly MountSpec[], after: readonly MountSpec[]): string[] {
  const reasons = keyed('mount', byTarget(before), byTarget(after))
  return reasons.length === 0 && !same(before, after) ? ['order of mounts changed'] : reasons
}

function byTarget(mounts: readonly MountSpec[]): Readonly<Record<string, MountSpec>> {
  return Object.fromEntries(mounts.map(mount => [mount.target, mount]))
}

function keyed(
  what: string,
  before: Readonly<Record<string, unknown>> = {},
  after: Readonly<Record<string, unknown>> = {},
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names.flatMap(name => {
    if (!Object.hasOwn(before, name)) return [`${what} ${name} added`]
    if (!Object.hasOwn(after, name)) return [`${what} ${name} removed`]
    return same(before[name], after[name]) ? [] : [`${what} ${name} changed`]
  })
}

/** Deep equality of plain values; a member that is `undefined` is as good as none. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const [left, right] = [a, b] as Record<string, unknown>[]
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every(key => same(left![key], right![key]))
}
