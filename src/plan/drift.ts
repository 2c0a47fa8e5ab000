/** What was changed by hand, in words and as part of a plan. */
import type { Observed, ObservedBundle } from './types.ts'

/**
 * How a name in a root file system is not as it was made: `replaced` by another file, `written` to through its name and
 * so in the store as well, `lost` from the store, or with other `content` where it is a copy.
 */
export type DriftProblem =
  | 'added'
  | 'removed'
  | 'type'
  | 'replaced'
  | 'written'
  | 'lost'
  | 'content'
  | 'target'
  | 'mode'
  | 'owner'

/** One name in a root file system that was changed by hand. */
export interface Drift {
  /** From the root, with what is not UTF-8 or not printable escaped as `\xHH`. */
  readonly path: string
  readonly problem: DriftProblem
}

/** Something in the output folder that is not as ctrbuild left it. */
export interface DriftReport {
  readonly name: string
  /** `foreign`: ctrbuild did not make it. `files`: config.json, a script or the stamp. `rootfs`: its root file system. */
  readonly kind: 'foreign' | 'files' | 'rootfs'
  /** A sentence without its subject, such as `2 files of its root file system were changed`. */
  readonly what: string
  /** Names in the root file system; at most 1000 are listed. */
  readonly files: number
  readonly entries: readonly Drift[]
}

/** Names of one bundle that a plan lists. */
const MOST_ENTRIES = 1000
/** Names of one bundle that are part of a reason. */
const MOST_NAMED = 2

/** Why a bundle that drifted is made anew. */
export function driftReasons({ damage, drift = [] }: ObservedBundle): string[] {
  const changed = drift.length === 0 ? [] : [`${sentence(drift)}: ${named(drift)}`]
  return [...(damage === undefined ? [] : [damage]), ...changed]
}

/** Everything in the output folder that is not as ctrbuild left it, of the names that `isMeant`. */
export function driftReports(
  { bundles, foreign }: Observed,
  isMeant: (name: string) => boolean,
): DriftReport[] {
  const strange = foreign.map(name => ({
    name,
    kind: 'foreign' as const,
    what: 'was not made by ctrbuild',
    files: 0,
    entries: [],
  }))
  const changed = [...bundles].flatMap(([name, { damage, drift = [] }]) => [
    ...(damage === undefined ? [] : [{ name, kind: 'files' as const, what: damage, files: 0, entries: [] }]),
    ...(drift.length === 0
      ? []
      : [
          {
            name,
            kind: 'rootfs' as const,
            what: sentence(drift),
            files: drift.length,
            entries: drift.slice(0, MOST_ENTRIES),
          },
        ]),
  ])
  return [...strange, ...changed]
    .filter(({ name }) => isMeant(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function sentence({ length }: readonly Drift[]): string {
  return `${length} ${length === 1 ? 'file of its root file system was' : 'files of its root file system were'} changed`
}

function named(drift: readonly Drift[]): string {
  const more = drift.length - MOST_NAMED
  const names = drift.slice(0, MOST_NAMED).map(({ path }) => path)
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

/** What happened to a name, after its path. */
export const PROBLEM_WORDS: Readonly<Record<Drift['problem'], string>> = {
  added: 'was added',
  removed: 'was removed',
  type: 'is something else',
  replaced: 'is another file',
  written: 'was written to, and with it the store: its layer is imported again',
  lost: 'is not in the store any more: its layer is imported again',
  content: 'was written to',
  target: 'points elsewhere',
  mode: 'has another mode',
  owner: 'has another owner',
}
