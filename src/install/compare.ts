/** What has to be done so that what is in place is what a generation says: decided without touching anything. */
import type { Digest } from '../oci/digest.ts'
import type { Entry } from './entries.ts'
import { type Recorded, recorded } from './record.ts'

/** What stands at a path. */
export type Seen =
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly digest: Digest; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'other' }

/** What is done about one path. */
export type Action =
  | { readonly kind: 'create' | 'update' | 'same'; readonly entry: Entry }
  | { readonly kind: 'remove'; readonly was: Recorded }
  /** It was put there and is gone: there is nothing to remove. */
  | { readonly kind: 'gone'; readonly was: Recorded }
  /** Somebody has changed it since it was put: it stays as it is. */
  | { readonly kind: 'kept'; readonly was: Recorded; readonly isWanted: boolean }
  /** Something stands there that ctrbuild did not put. */
  | { readonly kind: 'foreign'; readonly entry: Entry }

/**
 * Compares entries with what was put before, and both with what is there.
 * @param entries none to take everything away
 */
export function compare(
  entries: readonly Entry[],
  before: readonly Recorded[],
  look: (path: string) => Seen,
): readonly Action[] {
  const put = new Map(before.map(was => [was.path, was]))
  const wanted = new Set(entries.map(({ path }) => path))
  const left = before.filter(({ path }) => !wanted.has(path)).toReversed()
  return [
    ...left.map(was => removal(was, look(was.path))),
    ...entries.map(entry => placement(entry, put.get(entry.path), look(entry.path))),
  ]
}

/** The path that an action is about. */
export function pathOf(action: Action): string {
  return 'entry' in action ? action.entry.path : action.was.path
}

function placement(entry: Entry, was: Recorded | undefined, seen: Seen): Action {
  if (seen.kind === 'none') return { kind: 'create', entry }
  if (was === undefined) return { kind: 'foreign', entry }
  if (isAs(recorded(entry), seen)) return { kind: 'same', entry }
  return isAs(was, seen) ? { kind: 'update', entry } : { kind: 'kept', was, isWanted: true }
}

function removal(was: Recorded, seen: Seen): Action {
  if (seen.kind === 'none') return { kind: 'gone', was }
  return isAs(was, seen) ? { kind: 'remove', was } : { kind: 'kept', was, isWanted: false }
}

function isAs(was: Recorded, seen: Seen): boolean {
  if (was.kind === 'link') return seen.kind === 'link' && seen.target === was.target
  return seen.kind === 'file' && seen.digest === was.digest && seen.mode === was.mode
}
