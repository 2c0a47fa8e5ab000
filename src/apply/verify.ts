/** Holds bundles and store against what they were made of: what is damaged, where, and who is concerned. */
import { CtrbuildError, isErrno } from '../errors.ts'
import type { ChainId } from '../oci/digest.ts'
import { type Closure, closureOf } from '../ostree/closure.ts'
import { rootfsRef } from '../ostree/commits.ts'
import { type ObjectName, objectName, objectsOf } from '../ostree/inventory.ts'
import { layerListingRef, readListing, unionListingRef } from '../ostree/listings.ts'
import { readRef, refNames } from '../ostree/refs.ts'
import type { Checksum, Repo } from '../ostree/types.ts'
import type { Stamp } from '../plan/types.ts'
import { decodeListing } from '../tree/listing.ts'
import type { ByteString, Dir } from '../tree/node.ts'
import { type Checking, checkObjects } from './check-objects.ts'
import { isSameContent } from './copied-content.ts'
import { pathsOfObjects } from './damaged-paths.ts'
import type { Generation } from './history.ts'
import { damages } from './observe.ts'
import { faultsOfRootfs, rootfsPlace } from './verify-rootfs.ts'

/** One thing that is wrong. */
export interface Finding {
  readonly bundle?: string
  readonly generation?: number
  /** Path in the generation, for people. */
  readonly path?: string
  readonly object?: ObjectName
  readonly ref?: string
  readonly problem: string
}

/** A rootfs file whose object is to be linked anew. */
export interface WrongFile {
  /** Absolute path of the rootfs. */
  readonly rootfs: string
  /** Below it; bytes. */
  readonly path: ByteString
  readonly checksum: Checksum
}

/** What was found. */
export interface Verified {
  readonly findings: readonly Finding[]
  /** What is wrong with objects. */
  readonly bad: ReadonlyMap<ObjectName, string>
  readonly closure: Closure
  readonly refs: ReadonlyMap<string, Checksum>
  /** Names of refs that cannot be read. */
  readonly brokenRefs: readonly string[]
  readonly wrongFiles: readonly WrongFile[]
  readonly objectsChecked: number
}

/** A bundle's generation, with the bundle's name. */
export type NamedGeneration = Generation & { readonly name: string }

/** Objects beyond bundles that are told with a ref that leads to them: finding one takes a while. */
const MOST_NAMED = 20

/** What is to be verified. */
export interface Verification extends Checking {
  readonly generations: readonly NamedGeneration[]
  /** True: all refs, not only those that the generations are made of. */
  readonly all: boolean
  /** Recompute the checksum of every object. */
  readonly deep: boolean
}

/**
 * Verifies. Call it with the store's lock held.
 * @throws CtrbuildError DISK, PERMISSION; whatever `signal` was aborted with
 */
export async function verify(verification: Verification): Promise<Verified> {
  const { repo, generations, all, deep } = verification
  const findings: Finding[] = []
  const stamps = generations.flatMap(({ stamp }) => (stamp === undefined ? [] : [stamp]))
  const wanted = new Set(all ? refNames(repo) : stamps.flatMap(refsOf))
  const { refs, brokenRefs } = readRefs(repo, wanted, findings)
  const present = objectsOf(repo)
  const closure = closureOf(repo, present, refs.values())
  const bad = new Map(closure.faults)
  // Whatever lies there may be taken for sound by the next import, also where nothing leads to it now.
  const named = [...(all ? present : closure.objects)].filter(name => present.has(name))
  if (deep) for (const [name, problem] of await checkObjects(verification, named)) bad.set(name, problem)
  const trees = treesOf(repo)
  const wrongFiles: WrongFile[] = []
  const mapped = new Set<ObjectName>()
  for (const generation of generations) {
    verification.signal.throwIfAborted()
    lookAt({ ...verification, findings, bad, trees, wrongFiles, mapped }, generation)
  }
  const others = [...bad].filter(([object]) => !mapped.has(object))
  for (const [i, [object, problem]] of others.entries()) {
    const leads = ([, commit]: [string, Checksum]) => closure.reaches(commit, new Set([object]))
    const [ref] = (i < MOST_NAMED ? [...refs].find(leads) : undefined) ?? []
    findings.push({ object, problem, ...(ref !== undefined && { ref }) })
  }
  const isMetadata = (name: ObjectName) => !name.endsWith('.file')
  const objectsChecked = deep ? named.length : [...closure.objects].filter(isMetadata).length
  return { findings, bad, closure, refs, brokenRefs, wrongFiles, objectsChecked }
}

interface Looking extends Verification {
  readonly findings: Finding[]
  readonly bad: Map<ObjectName, string>
  readonly trees: (chainId: ChainId) => Dir | string
  readonly wrongFiles: WrongFile[]
  /** Bad objects that were found in a rootfs. */
  readonly mapped: Set<ObjectName>
}

/** Refs without which a generation could not be made again. */
export function refsOf({ chainId, layers }: Stamp): string[] {
  return [rootfsRef(chainId), unionListingRef(chainId), ...layers.map(layerListingRef)]
}

function lookAt(looking: Looking, generation: NamedGeneration): void {
  const { repo, findings } = looking
  const { name, number, path, stamp, damage } = generation
  const about = { bundle: name, generation: number }
  if (stamp === undefined) {
    findings.push({ ...about, problem: damage! })
    return
  }
  for (const problem of damages(path, stamp.files)) findings.push({ ...about, problem })
  for (const ref of refsOf(stamp))
    if (isLost(repo, ref)) findings.push({ ...about, ref, problem: 'the store has lost it' })
  const tree = looking.trees(stamp.chainId)
  if (typeof tree === 'string') findings.push({ ...about, problem: `its tree cannot be read: ${tree}` })
  else if (stamp.spec.rootfs === 'readonly') lookAtRootfs(looking, about, `${path}/rootfs`, tree)
}

function lookAtRootfs(
  { repo, findings, bad, mapped, wrongFiles }: Looking,
  about: Pick<Finding, 'bundle' | 'generation'>,
  rootfs: string,
  tree: Dir,
): void {
  for (const fault of faultsOfRootfs(repo, tree, rootfs, isSameContent)) {
    const { path, checksum, isObject, problem } = fault
    const object = checksum === undefined ? undefined : objectName(checksum, 'file')
    if (isObject === true && !bad.has(object!)) bad.set(object!, problem)
    if (object !== undefined && bad.has(object)) continue
    findings.push({ ...about, path: rootfsPlace(fault), problem })
    if (checksum !== undefined) wrongFiles.push({ rootfs, path, checksum })
  }
  if (bad.size === 0) return
  const isBad = (checksum: Checksum) => bad.has(objectName(checksum, 'file'))
  for (const [checksum, paths] of pathsOfObjects(tree, isBad)) {
    const object = objectName(checksum, 'file')
    mapped.add(object)
    for (const path of paths) {
      findings.push({ ...about, path: rootfsPlace({ path }), object, problem: bad.get(object)! })
      wrongFiles.push({ rootfs, path, checksum })
    }
  }
}

function readRefs(
  repo: Repo,
  names: ReadonlySet<string>,
  findings: Finding[],
): Pick<Verified, 'refs' | 'brokenRefs'> {
  const refs = new Map<string, Checksum>()
  const brokenRefs: string[] = []
  for (const ref of names) {
    try {
      const commit = readRef(repo, ref)
      if (commit !== undefined) refs.set(ref, commit)
    } catch (error) {
      if (!(error instanceof CtrbuildError)) throw error
      brokenRefs.push(ref)
      findings.push({ ref, problem: error.message })
    }
  }
  return { refs, brokenRefs }
}

function isLost(repo: Repo, ref: string): boolean {
  try {
    return readRef(repo, ref) === undefined
  } catch (error) {
    // What is in it cannot be read, and was told as such.
    if (error instanceof CtrbuildError) return false
    throw error
  }
}

/** Unions by chain, each read once; what is wrong with it where it cannot be read. */
function treesOf(repo: Repo): (chainId: ChainId) => Dir | string {
  const known = new Map<ChainId, Dir | string>()
  return chainId => {
    const tree = known.get(chainId) ?? readTree(repo, chainId)
    known.set(chainId, tree)
    return tree
  }
}

function readTree(repo: Repo, chainId: ChainId): Dir | string {
  try {
    const listing = readListing(repo, unionListingRef(chainId))
    return listing === undefined ? 'the store has lost it' : decodeListing(listing)
  } catch (error) {
    if (error instanceof CtrbuildError || isErrno(error, 'ENOENT')) return error.message
    throw error
  }
}
