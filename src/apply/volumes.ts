/** Volumes, as they lie in the output folder. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno } from '../errors.ts'
import type { BundleSpec } from '../spec/types.ts'
import { VOLUMES } from './generations.ts'

/** A volume of a bundle. */
export interface Volume {
  readonly bundle: string
  readonly name: string
  /** Absolute path. */
  readonly path: string
}

/** Volumes that none of the bundles mounts, sorted. */
export function unusedVolumes(
  out: string,
  bundles: readonly Pick<BundleSpec, 'name' | 'mounts'>[],
): Volume[] {
  const used = new Set(
    bundles.flatMap(({ name, mounts }) =>
      mounts.flatMap(mount => (mount.type === 'volume' ? [`${name}/${mount.source}`] : [])),
    ),
  )
  const folder = join(out, VOLUMES)
  return namesIn(folder).flatMap(bundle =>
    namesIn(join(folder, bundle))
      .filter(name => !used.has(`${bundle}/${name}`))
      .map(name => ({ bundle, name, path: join(folder, bundle, name) })),
  )
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}
