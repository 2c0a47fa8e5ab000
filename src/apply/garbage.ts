/** What of a store and an output folder nothing leads to any more. Finding it changes nothing. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CtrbuildError } from '../errors.ts'
import { type Digest, hexOf } from '../oci/digest.ts'
import { parseChecksum } from '../ostree/checksum.ts'
import { closureOf } from '../ostree/closure.ts'
import { type ObjectName, objectsOf } from '../ostree/inventory.ts'
import { listRefs } from '../ostree/refs.ts'
import { openRepo } from '../ostree/repo.ts'
import type { Checksum, Repo } from '../ostree/types.ts'
import { bundlesWithGenerations, currentGeneration } from './generations.ts'
import { readHistory } from './history.ts'
import { leftoversOf } from './leftovers.ts'
import { liveRefs, type Roots } from './live-refs.ts'
import { blobsIn } from './observe.ts'
import type { Places } from './places.ts'
import { generationsInUse } from './retire.ts'
import { storeUsers } from './store-users.ts'
import type { NamedGeneration } from './verify.ts'

/** What is to stay besides what is in use. */
export interface Keeping extends Omit<Roots, 'stamps'> {
  /** Milliseconds since 1970: refs, blobs and generations that were made later stay. */
  readonly since: number
}

/** What can go. */
export interface Garbage {
  readonly repo: Repo | undefined
  /** Of bundles that do not stand in the output folder any more. */
  readonly generations: readonly NamedGeneration[]
  readonly refs: readonly string[]
  /** Commits first: what they name goes after them. */
  readonly objects: readonly ObjectName[]
  /** Absolute paths of blobs that no lock names. */
  readonly blobs: readonly string[]
  /** Absolute paths of what killed applies left. */
  readonly leftovers: readonly string[]
  /** Documents that are of use. */
  readonly documents: ReadonlySet<Digest>
  /** Images that are kept by their names alone. */
  readonly onlyNamed: readonly string[]
}

/**
 * Looks through store and output. Call it with the store's lock and the repository's held.
 * @throws CtrbuildError OBJECT_DAMAGED where it cannot be known what is of use
 */
export async function findGarbage(places: Places, keeping: Keeping): Promise<Garbage> {
  const { out, blobs } = places
  const all = bundlesWithGenerations(out).flatMap(name =>
    readHistory(out, name).map(one => ({ ...one, name })),
  )
  const inUse = generationsInUse()
  const generations = all.filter(
    ({ name, number, made }) =>
      currentGeneration(out, name) === 'none' && (made ?? 0) < keeping.since && !inUse(name, number),
  )
  const others = storeUsers(places).filter(user => user.out !== out)
  const theirs = others.flatMap(user =>
    bundlesWithGenerations(user.out).flatMap(name => readHistory(user.out, name)),
  )
  const stamps = [...all.filter(one => !generations.includes(one)), ...theirs].flatMap(
    ({ stamp }) => stamp ?? [],
  )
  const leftovers = await leftoversOf(places)
  const wanted = new Set(
    keeping.images.flatMap(({ layers }) =>
      layers.flatMap(({ digest, diffId }) => [hexOf(digest), hexOf(diffId)]),
    ),
  )
  const old = [...blobsIn(blobs)]
    .filter(digest => !wanted.has(hexOf(digest)))
    .map(digest => join(blobs, 'sha256', hexOf(digest)))
    .filter(path => statSync(path).mtimeMs < keeping.since && !leftovers.includes(path))
  const repo = openRepo(places.repo)
  const inRepo = repo === undefined ? NOTHING : garbageIn(repo, { ...keeping, stamps })
  return { repo, generations, leftovers, blobs: old, ...inRepo }
}

const NOTHING = { refs: [], objects: [], documents: new Set<Digest>(), onlyNamed: [] }

function garbageIn(
  repo: Repo,
  roots: Roots & Pick<Keeping, 'since'>,
): Pick<Garbage, 'refs' | 'objects' | 'documents' | 'onlyNamed'> {
  const refs = listRefs(repo)
  const live = liveRefs(repo, refs, roots)
  const isYoung = (ref: string) => statSync(join(repo.path, 'refs/heads', ref)).mtimeMs >= roots.since
  const dead = [...refs.keys()].filter(ref => !live.refs.has(ref) && !isYoung(ref))
  const gone = new Set(dead)
  const commits = [...refs].filter(([ref]) => !gone.has(ref)).map(([, commit]) => commit)
  const present = objectsOf(repo)
  const { objects, faults } = closureOf(repo, present, [...commits, ...otherCommits(repo)])
  for (const [object, problem] of faults) if (!object.endsWith('.file')) throw unknowable(object, problem)
  const free = [...present].filter(object => !objects.has(object))
  const isCommit = (object: ObjectName) => object.endsWith('.commit')
  return {
    refs: dead,
    objects: [...free.filter(isCommit), ...free.filter(object => !isCommit(object))],
    documents: live.documents,
    onlyNamed: live.onlyNamed,
  }
}

/** Commits that refs of remotes and mirrors name: others put them there. */
function otherCommits(repo: Repo): Checksum[] {
  return ['remotes', 'mirrors'].flatMap(kind => {
    const folder = join(repo.path, 'refs', kind)
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name))
      .map(path => parseChecksum(readFileSync(path, 'utf8').trimEnd(), path))
  })
}

function unknowable(object: ObjectName, problem: string): CtrbuildError {
  return new CtrbuildError('OBJECT_DAMAGED', `object ${object} ${problem}, so nobody knows what it led to`, {
    hint: 'Run "ctrbuild verify --repair" first',
  })
}
