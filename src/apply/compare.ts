/** Compares two sides: their packages are read only where their databases differ, their contents only where they must be. */
import { readContent } from '../ostree/read.ts'
import type { Checksum, Repo } from '../ostree/types.ts'
import { type BundleDiff, type Contents, diffBundle, type Inside } from '../plan/bundle-diff.ts'
import { LARGEST_TEXT, textPatch } from '../plan/text-patch.ts'
import type { File } from '../tree/node.ts'
import { type Database, isSameDatabase, packageDatabases, readDatabases } from './package-databases.ts'
import { sameContent } from './same-content.ts'
import type { Side } from './sides.ts'

/** What is compared, and how much of it is listed. */
export interface Comparison {
  /** Of the bundle; undefined where the sides are trees of their own. */
  readonly name: string | undefined
  readonly from: Side
  readonly to: Side
  /** More files than this are only counted. */
  readonly mostEntries?: number
  readonly signal: AbortSignal
}

/**
 * What is different between two sides.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export async function compareSides(repo: Repo, comparison: Comparison): Promise<BundleDiff> {
  const { name, from, to, mostEntries, signal } = comparison
  const [old, now] = [packageDatabases(from.root), packageDatabases(to.root)]
  const [before, after] = await Promise.all([
    insideOf(repo, from, old, now, signal),
    insideOf(repo, to, now, old, signal),
  ])
  return diffBundle(name, before, after, contentsOf(repo), mostEntries)
}

/** A database that both sides have says the same of both. */
async function insideOf(
  repo: Repo,
  side: Side,
  own: readonly Database[],
  others: readonly Database[],
  signal: AbortSignal,
): Promise<Inside> {
  const different = own.filter(database => !others.some(other => isSameDatabase(database, other)))
  return { ...side, ...(await readDatabases(repo, different, signal)) }
}

function contentsOf(repo: Repo): Contents {
  const read = ({ checksum }: File) => readContent(repo, checksum as Checksum, LARGEST_TEXT)
  return {
    sameContent: (before, after) => sameContent(repo, before, after),
    patch: (before, after) => textPatch(read(before), read(after)),
  }
}
