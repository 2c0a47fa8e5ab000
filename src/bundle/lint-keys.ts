/** From a place in config.json back to the key of bundles.yaml that it came from. */
import { type Json, parseJsonText } from '../spec/json-text.ts'
import type { Path } from '../spec/problem.ts'
import type { BundleSpec } from '../spec/types.ts'
import { hasPath } from './check.ts'

/** The longest that fits counts; what fits none belongs to the bundle as a whole. */
const KEYS: readonly (readonly [at: string, key: string])[] = [
  ['process/args', 'args'],
  ['process/env', 'env'],
  ['process/cwd', 'cwd'],
  ['process/terminal', 'terminal'],
  ['process/user', 'user'],
  ['process/user/umask', 'umask'],
  ['process/user/additionalGids', 'groups'],
  ['process/capabilities', 'capabilities'],
  ['process/noNewPrivileges', 'noNewPrivileges'],
  ['process/rlimits', 'rlimits'],
  ['process/oomScoreAdj', 'oomScoreAdj'],
  ['process/apparmorProfile', 'apparmor'],
  ['process/selinuxLabel', 'selinux'],
  ['linux/mountLabel', 'selinux'],
  ['root', 'rootfs'],
  ['hostname', 'hostname'],
  ['mounts', 'mounts'],
  ['hooks', 'hooks'],
  ['annotations', 'annotations'],
  ['linux/namespaces', 'namespaces'],
  ['linux/uidMappings', 'uidMappings'],
  ['linux/gidMappings', 'gidMappings'],
  ['linux/devices', 'devices'],
  ['linux/cgroupsPath', 'cgroupsPath'],
  ['linux/resources', 'resources'],
  ['linux/sysctl', 'sysctl'],
  ['linux/seccomp', 'seccomp'],
  ['linux/rootfsPropagation', 'rootfsPropagation'],
  ['linux/maskedPaths', 'maskedPaths'],
  ['linux/readonlyPaths', 'readonlyPaths'],
]

/** Keys whose entries have the names that they have in config.json. */
const NAMED = ['sysctl', 'annotations']

/** The path in bundles.yaml: the patch where it has the last word, the key, or the template for what has no key. */
export function specPath(spec: BundleSpec, at: Path): Path {
  const bundle = ['bundles', spec.name]
  if (isIn(spec.configPatch, at)) return [...bundle, 'configPatch']
  const key = keyOf(at)
  const written: unknown = key === undefined ? undefined : spec[key as keyof BundleSpec]
  if (key === 'mounts') {
    const i = spec.mounts.findIndex(({ target }) => target === at[1])
    if (i >= 0) return [...bundle, 'mounts', i]
  }
  if (written === undefined && isIn(spec.configTemplate, at)) return [...bundle, 'configTemplate']
  if (key === undefined) return bundle
  return NAMED.includes(key) && at.length > 2 ? [...bundle, key, at.at(-1)!] : [...bundle, key]
}

function keyOf(at: Path): string | undefined {
  const text = `${at.join('/')}/`
  const fitting = KEYS.filter(([prefix]) => text.startsWith(`${prefix}/`))
  return fitting.sort(([a], [b]) => b.length - a.length)[0]?.[1]
}

/** Whether some JSON has the place, or, with a mount's destination in it, any mounts at all. */
function isIn(text: string | undefined, at: Path): boolean {
  if (text === undefined) return false
  const value: Json = parseJsonText(text)
  return hasPath(value, at[0] === 'mounts' ? ['mounts'] : at.slice(0, 3)) || hasPath(value, at)
}
