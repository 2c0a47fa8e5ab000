/** Everything that commits name, directly or not. Walking it reads commits and directories, and no content. */
import { CtrbuildError } from '../errors.ts'
import type { Commit } from './commit.ts'
import { type ObjectName, objectName } from './inventory.ts'
import type { DirTree } from './objects.ts'
import { readCommit, readDirMeta, readDirTree } from './read.ts'
import type { Checksum, Repo } from './types.ts'

/** What some commits name. */
export interface Closure {
  /** All objects, also those that are missing or damaged. */
  readonly objects: ReadonlySet<ObjectName>
  /** What is wrong, by object: it is not there, or is metadata that cannot be read. */
  readonly faults: ReadonlyMap<ObjectName, string>
  /** True where something that `bad` holds is among what a commit names. */
  reaches(commit: Checksum, bad: ReadonlySet<ObjectName>): boolean
}

interface Walk {
  readonly repo: Repo
  readonly present: ReadonlySet<ObjectName>
  readonly objects: Set<ObjectName>
  readonly faults: Map<ObjectName, string>
  readonly commits: Map<Checksum, Commit>
  readonly trees: Map<Checksum, DirTree>
}

/**
 * Walks from commits to all they name. A parent is followed where it is there: a history may be cut off.
 * @param present objects of the repository (`objectsOf`)
 */
export function closureOf(
  repo: Repo,
  present: ReadonlySet<ObjectName>,
  commits: Iterable<Checksum>,
): Closure {
  const walk: Walk = {
    repo,
    present,
    objects: new Set(),
    faults: new Map(),
    commits: new Map(),
    trees: new Map(),
  }
  const pending = [...commits]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const commit = visit(walk, next, 'commit', () => readCommit(repo, next!))
    if (commit === undefined) continue
    walk.commits.set(next, commit)
    visitTree(walk, commit.tree)
    visitMeta(walk, commit.meta)
    const { parent } = commit
    if (parent !== undefined && parent !== 'zeros' && present.has(objectName(parent, 'commit')))
      pending.push(parent)
  }
  return { objects: walk.objects, faults: walk.faults, reaches: (commit, bad) => reaches(walk, commit, bad) }
}

function visitTree(walk: Walk, root: Checksum): void {
  const pending = [root]
  const content = walk.repo.mode === 'archive' ? 'filez' : 'file'
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const checksum = next
    const tree = visit(walk, checksum, 'dirtree', () => readDirTree(walk.repo, checksum))
    if (tree === undefined) continue
    walk.trees.set(checksum, tree)
    for (const [, file] of tree.files) visit(walk, file, content, () => true)
    for (const [, below, meta] of tree.dirs) {
      pending.push(below)
      visitMeta(walk, meta)
    }
  }
}

function visitMeta(walk: Walk, checksum: Checksum): void {
  visit(walk, checksum, 'dirmeta', () => readDirMeta(walk.repo, checksum))
}

/** What `read` gives the first time an object is met; undefined for a known one, and where something is wrong. */
function visit<T>(
  walk: Walk,
  checksum: Checksum,
  type: 'commit' | 'dirtree' | 'dirmeta' | 'file' | 'filez',
  read: () => T,
): T | undefined {
  const name = objectName(checksum, type)
  if (walk.objects.has(name)) return undefined
  walk.objects.add(name)
  if (!walk.present.has(name)) {
    walk.faults.set(name, 'is missing')
    return undefined
  }
  try {
    return read()
  } catch (error) {
    if (!(error instanceof CtrbuildError)) throw error
    walk.faults.set(name, `is damaged: ${error.message}`)
    return undefined
  }
}

function reaches(walk: Walk, checksum: Checksum, bad: ReadonlySet<ObjectName>): boolean {
  if (bad.size === 0) return false
  const commit = walk.commits.get(checksum)
  if (commit === undefined || bad.has(objectName(checksum, 'commit'))) return true
  if (bad.has(objectName(commit.meta, 'dirmeta'))) return true
  const content = walk.repo.mode === 'archive' ? 'filez' : 'file'
  const seen = new Set<Checksum>()
  const pending = [commit.tree]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    const tree = walk.trees.get(next)
    if (tree === undefined || bad.has(objectName(next, 'dirtree'))) return true
    if (tree.files.some(([, file]) => bad.has(objectName(file, content)))) return true
    for (const [, below, meta] of tree.dirs) {
      if (bad.has(objectName(meta, 'dirmeta'))) return true
      pending.push(below)
    }
  }
  return false
}
