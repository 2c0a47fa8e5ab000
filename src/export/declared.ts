/** Which keys a bundle declares beyond what every bundle has, and what a format does with each. */
import { isDeepStrictEqual } from 'node:util'
import { BUNDLE_DEFAULTS } from '../spec/fields.ts'
import type { BundleSpec, MountSpec } from '../spec/types.ts'
import type { ExportWarning } from './subject.ts'

/** What a format does with a key: carries it, or what comes instead, said after the key's name. */
export type Fate = 'carried' | Pick<ExportWarning, 'code' | 'message'>

/** Keys that say how a bundle is made, not how it runs, and those that config.json has been asked about already. */
const MADE = [
  'name',
  'images',
  'checkout',
  'runtimes',
  'demandsRuntimes',
  'portable',
  'mounts',
  'system',
  'scope',
  'set',
]
const OF_PROCESS = ['args', 'env', 'cwd', 'user']

/**
 * Warnings for the keys that a bundle declares and a format does not carry.
 * @param format what it is called in a sentence, such as `an OCI image`
 * @param fates by key; a key that is not there has no place in the format
 */
export function warnOfKeys(
  spec: BundleSpec,
  format: string,
  fates: Readonly<Record<string, Fate>>,
): ExportWarning[] {
  return declaredKeys(spec).flatMap(key => {
    const fate = fates[key] ?? { code: 'EXPORT_LEFT_OUT', message: `${format} has no place for it` }
    return fate === 'carried' ? [] : [{ ...fate, key }]
  })
}

/** A warning for each mount that `judge` does not find carried. */
export function warnOfMounts(spec: BundleSpec, judge: (mount: MountSpec) => Fate): ExportWarning[] {
  return spec.mounts.flatMap(mount => {
    const fate = judge(mount)
    return fate === 'carried' ? [] : [{ ...fate, key: `mounts[${mount.target}]` }]
  })
}

/** Keys whose value is not what a bundle has that does not mention it, sorted. */
function declaredKeys(spec: BundleSpec): string[] {
  const defaults: Readonly<Record<string, unknown>> = { ...BUNDLE_DEFAULTS, hostname: spec.name }
  return Object.entries(spec)
    .filter(([key, value]) => value !== undefined && !isDeepStrictEqual(value, defaults[key]))
    .map(([key]) => key)
    .filter(key => ![...MADE, ...OF_PROCESS].includes(key) && !(key === 'hostname' && spec.hostname === ''))
    .sort()
}
