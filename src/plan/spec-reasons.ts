/** What changed in a bundle's declaration, in words. Images are told of elsewhere. */
import type { BundleSpec, MountSpec } from '../spec/types.ts'

const SETTINGS = ['args', 'cwd', 'user', 'hostname', 'terminal', 'namespaces', 'rootfs', 'runtimes'] as const

/** Every difference that decides the bundle's bytes. */
export function specReasons(before: BundleSpec, after: BundleSpec): string[] {
  return [
    ...SETTINGS.filter(key => !same(before[key], after[key])).map(key =>
      settingReason(key, before[key], after[key]),
    ),
    ...keyed('env', before.env, after.env),
    ...mountReasons(before.mounts, after.mounts),
  ]
}

function settingReason(key: string, before: unknown, after: unknown): string {
  return isWord(before) && isWord(after) ? `${key} ${word(before)} -> ${word(after)}` : `${key} changed`
}

function isWord(value: unknown): value is string | boolean | undefined {
  return typeof value !== 'object'
}

function word(value: string | boolean | undefined): string {
  return value === undefined ? "(the image's)" : String(value)
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
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
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
