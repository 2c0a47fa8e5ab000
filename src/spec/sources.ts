/** What bind mounts need on the host. The looking is done by the caller: nothing here touches a disk. */
import type { Locate } from './parse.ts'
import type { Path, Problem } from './problem.ts'
import { formatPath, quote } from './problem.ts'
import type { Spec } from './types.ts'

/** A file or directory that must be there. */
export interface BindSource {
  /** As written: absolute, or relative to the folder of bundles.yaml. */
  readonly source: string
  /** Where the spec asks for it. */
  readonly path: Path
}

/** The sources of all bind mounts, but for those that are made when they are missing. */
export function bindSources(spec: Spec): readonly BindSource[] {
  return spec.bundles.flatMap(bundle =>
    bundle.mounts.flatMap((mount, i) => {
      const path = ['bundles', bundle.name, 'mounts', i, 'source']
      return mount.type === 'bind' && !mount.create ? [{ source: mount.source, path }] : []
    }),
  )
}

/** How to say where something is missing. */
export interface SourceCheck {
  /** Whether something is there, whatever it is. */
  readonly exists: (source: string) => boolean
  readonly file: string
  readonly locate: Locate
}

/** One problem for each place in the file that asks for something that is not there. */
export function missingSources(
  sources: readonly BindSource[],
  { exists, file, locate }: SourceCheck,
): readonly Problem[] {
  const problems = new Map<string, Problem>()
  for (const { source, path } of sources) {
    if (exists(source)) continue
    const place = locate(path)
    const key = `${place.line}:${place.col}`
    if (!problems.has(key)) problems.set(key, { ...problemOf(source, path), file, ...place })
  }
  return [...problems.values()]
}

function problemOf(source: string, path: Path) {
  return {
    severity: 'error',
    code: 'BIND_MISSING',
    message: `${formatPath(path.slice(0, -1))} binds ${quote(source)}, which is not there`,
    hint: 'Make it, correct the path, or write "create: true" in the long form for an empty directory',
    path,
  } as const
}
