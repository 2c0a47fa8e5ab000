/**
 * Taking damaged objects out of the store, with all that was made of them, so that a plan finds them missing and an
 * apply brings them again.
 */
import { rmSync } from 'node:fs'
import { CtrbuildError } from '../errors.ts'
import type { LockedImage } from '../lock/types.ts'
import type { ChainId, DiffId, Digest } from '../oci/digest.ts'
import { configRef, imageRef, layerRef, rootfsRef } from '../ostree/commits.ts'
import { pathOfObject } from '../ostree/inventory.ts'
import { layerListingRef, unionListingRef } from '../ostree/listings.ts'
import { readCommit } from '../ostree/read.ts'
import { deleteRef } from '../ostree/refs.ts'
import type { Checksum, Repo } from '../ostree/types.ts'
import type { Verified } from './verify.ts'

/** Refs of ctrbuild's own making; others are their owners' business. */
const OURS = /^(?:ociimage|ctrbuild)\//

/** A stack of layers that something is made of. */
export interface Stack {
  readonly chainId: ChainId
  readonly layers: readonly DiffId[]
}

/** What is known about the store besides its refs. */
export interface Known {
  readonly images: readonly LockedImage[]
  readonly stacks: readonly Stack[]
}

/**
 * Removes what is bad, and the refs that lead to it. Objects go first: whoever is killed in between leaves a store in
 * which they are missing, and not one in which they look sound. Call it with the repository locked.
 * @returns the refs that were removed
 */
export function forgetDamage(repo: Repo, verified: Verified, known: Known): ReadonlySet<string> {
  const { bad, closure, refs, brokenRefs } = verified
  const broken = [...refs].filter(([, commit]) => closure.reaches(commit, new Set(bad.keys())))
  const names = new Set([...broken.map(([ref]) => ref), ...brokenRefs].filter(ref => OURS.test(ref)))
  const lost = withRelated(names, diffIdsByRef(repo, verified, known.images), known.stacks)
  for (const name of bad.keys()) rmSync(pathOfObject(repo, name), { force: true })
  for (const ref of lost) deleteRef(repo, ref)
  return lost
}

/** A layer is lost with its listing, and the other way round; so are all unions that it is part of. */
function withRelated(
  names: ReadonlySet<string>,
  diffIds: ReadonlyMap<string, DiffId>,
  stacks: readonly Stack[],
): ReadonlySet<string> {
  const lost = new Set(names)
  const layers = new Set([...names].map(name => diffIds.get(name)).filter(diffId => diffId !== undefined))
  for (const [ref, diffId] of diffIds) if (layers.has(diffId)) lost.add(ref)
  for (const { chainId, layers: chain } of stacks) {
    const both = [rootfsRef(chainId), unionListingRef(chainId)]
    if (chain.some(diffId => layers.has(diffId)) || both.some(ref => names.has(ref)))
      for (const ref of both) lost.add(ref)
  }
  return lost
}

/** The layer that each ref is about: by its name, by its commit, or by the lock where that cannot be read. */
function diffIdsByRef(
  repo: Repo,
  { refs, brokenRefs }: Verified,
  images: readonly LockedImage[],
): ReadonlyMap<string, DiffId> {
  const byRef = new Map<string, DiffId>()
  for (const { digest, diffId } of images.flatMap(image => image.layers)) {
    byRef.set(layerRef(digest), diffId)
    byRef.set(layerListingRef(diffId), diffId)
  }
  for (const ref of [...refs.keys(), ...brokenRefs]) {
    const hex = /^ctrbuild\/layer\/([0-9a-f]{64})$/.exec(ref)?.[1]
    const diffId = hex === undefined ? committedDiffId(repo, ref, refs.get(ref)) : (`sha256:${hex}` as DiffId)
    if (diffId !== undefined) byRef.set(ref, diffId)
  }
  return byRef
}

function committedDiffId(repo: Repo, ref: string, commit: Checksum | undefined): DiffId | undefined {
  if (commit === undefined || !/^ociimage\/[0-9a-f]{64}$/.test(ref)) return undefined
  try {
    const diffId = readCommit(repo, commit).metadata['docker.uncompressed_digest']
    return typeof diffId === 'string' ? (diffId as DiffId) : undefined
  } catch (error) {
    if (error instanceof CtrbuildError) return undefined
    throw error
  }
}

/** Refs that say what an image is, besides its layers. */
export function documentRefs(image: { readonly reference: string; readonly config: Digest }): string[] {
  return [imageRef(image.reference), configRef(image.config)]
}

/** True where a stack's union has to be made again. */
export function isForgotten(lost: ReadonlySet<string>, { chainId, layers }: Stack): boolean {
  return lost.has(unionListingRef(chainId)) || layers.some(diffId => lost.has(layerListingRef(diffId)))
}
