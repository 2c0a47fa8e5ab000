/** What documentation says of a key beyond its description: kept beside the key, so that it cannot go stale. */
import type { Runtime } from './types.ts'

/** The runtimes that a bundle can be for, in the order in which `runtimes` has them when it is left out. */
export const RUNTIMES = ['runc', 'crun', 'bwrap-oci', 'bwrap'] as const satisfies readonly Runtime[]

/**
 * Metadata of a key that ends up in config.json.
 * @param field member of the runtime specification's config.json
 * @param runtimes those that do all that the key says
 */
export function becomes(field: string, runtimes: readonly Runtime[] = RUNTIMES) {
  return { 'x-becomes': field, 'x-runtimes': runtimes }
}

/** Metadata of a key whose value is read into another form: zod leaves out a plain `default` there. */
export function byDefault(value: unknown) {
  return { 'x-default': value }
}

/** The runtimes that read config.json themselves, and do nearly all that it says. */
export const RUNC_CRUN = ['runc', 'crun'] as const satisfies readonly Runtime[]
