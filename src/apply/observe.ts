/** Looks at the store and the output: what a plan starts from. Reads refs, stamps and listings, and no contents. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type CtrbuildError, isErrno } from '../errors.ts'
import { type DiffId, type Digest, digestOf } from '../oci/digest.ts'
import { layerListingRef, unionListingRef } from '../ostree/listings.ts'
import { readRef } from '../ostree/refs.ts'
import { openRepo } from '../ostree/repo.ts'
import type { Repo } from '../ostree/types.ts'
import type { Desired, Observed, ObservedBundle, StoreMode } from '../plan/types.ts'
import { currentGeneration, namesIn, STAMP } from './generations.ts'
import { type ObservedDrift, observeDrift, type Standing } from './observe-drift.ts'
import type { Places } from './places.ts'
import { parseStamp } from './stamp.ts'

/**
 * What is on the disk, as far as `desired` could need it.
 * @throws CtrbuildError REPO_INVALID
 */
export function observe(places: Places, desired: Desired): Observed {
  const repo = openRepo(places.repo)
  const has = (ref: string) => repo !== undefined && readRef(repo, ref) !== undefined
  const layers = desired.layers.map(layer => layer.diffId)
  const { bundles, foreign } = observeOut(places.out)
  const found =
    repo === undefined
      ? NO_DRIFT
      : observeDrift({ ...repo, mode: linkable(repo) }, standingOf(places, bundles))
  const isWhole = (chain: readonly DiffId[]) => !chain.some(diffId => found.spoiled.has(diffId))
  const chains = desired.bundles.filter(({ chain }) => isWhole(chain)).map(({ chainId }) => chainId)
  return {
    repoMode: repo === undefined ? undefined : linkable(repo),
    newRepoMode: desired.privilege === 'root' ? 'bare' : 'bare-user',
    layers: new Set(layers.filter(diffId => !found.spoiled.has(diffId) && has(layerListingRef(diffId)))),
    chains: new Set(chains.filter(chainId => has(unionListingRef(chainId)))),
    blobs: blobsIn(places.blobs),
    bundles: new Map(
      [...bundles].map(([name, bundle]) => [name, { ...bundle, drift: found.drift.get(name) ?? [] }]),
    ),
    foreign,
    spoiled: found.spoiled,
  }
}

const NO_DRIFT: ObservedDrift = { drift: new Map(), spoiled: new Map() }

/** The bundles whose root file systems can be looked into. */
function standingOf({ out }: Places, bundles: ReadonlyMap<string, ObservedBundle>): Standing[] {
  return [...bundles].flatMap(([name, { stamp, damage }]) => {
    const generation = currentGeneration(out, name)
    if (stamp === undefined || damage === 'rootfs is gone') return []
    return [{ name, generation, stamp }]
  })
}

function linkable(repo: Repo): StoreMode {
  if (repo.mode === 'bare' || repo.mode === 'bare-user') return repo.mode
  throw new Error(`a repository of mode ${repo.mode} was opened as a store`) satisfies Error as never
}

/** Digests that complete blobs in a blob folder are named by. */
export function blobsIn(blobs: string): ReadonlySet<Digest> {
  const names = namesIn(join(blobs, 'sha256'))
  return new Set(names.filter(name => /^[0-9a-f]{64}$/.test(name)).map(name => `sha256:${name}` as Digest))
}

/** What stands in an output folder, by stamps alone: no root file system is looked into. */
export function observeOut(out: string): Pick<Observed, 'bundles' | 'foreign'> {
  const bundles = new Map<string, ObservedBundle>()
  const foreign: string[] = []
  for (const name of namesIn(out)) {
    const generation = currentGeneration(out, name)
    if (generation === 'foreign') foreign.push(name)
    else if (generation !== 'none') bundles.set(name, observeGeneration(generation))
  }
  return { bundles, foreign }
}

/** Reads a generation's stamp, and holds the small files and the rootfs against it. */
export function observeGeneration(generation: string): ObservedBundle {
  const text = readIfThere(join(generation, STAMP))
  if (text === undefined) return { stamp: undefined, damage: 'its stamp is gone' }
  try {
    const stamp = parseStamp(text.toString())
    return { stamp, damage: damageOf(generation, stamp.files) }
  } catch (error) {
    return { stamp: undefined, damage: `its stamp cannot be read: ${(error as CtrbuildError).message}` }
  }
}

function damageOf(generation: string, files: Readonly<Record<string, Digest>>): string | undefined {
  const [first] = damages(generation, files)
  return first
}

/** All that is wrong with a generation's small files, and a rootfs that is gone, as reasons. */
export function* damages(generation: string, files: Readonly<Record<string, Digest>>): Generator<string> {
  for (const [path, digest] of Object.entries(files)) {
    const bytes = readIfThere(join(generation, path))
    if (bytes === undefined) yield `${path} is gone`
    else if (digestOf(bytes) !== digest) yield `${path} was changed by hand`
  }
  if (!isFolder(join(generation, 'rootfs'))) yield 'rootfs is gone'
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP')) return undefined
    throw error
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
