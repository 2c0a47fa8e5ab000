/** The sides that can be compared: a generation, what is wanted now, or any tree of the store. Nothing is checked out. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CtrbuildError, isErrno } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import type { ChainId, DiffId } from '../oci/digest.ts'
import { layerListingRef, readListing, unionListingRef } from '../ostree/listings.ts'
import { readCommit, readTree } from '../ostree/read.ts'
import { isRefName, readRef } from '../ostree/refs.ts'
import type { Checksum, Repo } from '../ostree/types.ts'
import type { DesiredBundle, DesiredImage, Stamp } from '../plan/types.ts'
import { decodeListing } from '../tree/listing.ts'
import { type Dir, IMPLIED_META } from '../tree/node.ts'
import { settle } from '../tree/settle.ts'
import { union } from '../tree/union.ts'
import { describeBundle, type Scene } from './describe.ts'
import { generationPath, STAMP } from './generations.ts'
import { rootfsOf } from './rootfs-tree.ts'
import { parseStamp } from './stamp.ts'

/** One side, before anyone has looked at its packages. */
export interface Side {
  /** For people. */
  readonly label: string
  readonly root: Dir
  /** The value of config.json; undefined where there is only a tree. */
  readonly config: unknown
}

/** A side of which the store lacks layers. */
export interface LackingSide {
  readonly label: string
  readonly lacking: readonly DiffId[]
}

/** What sides are read from, and the trees that were read already. */
export interface Shelf {
  /** Undefined where there is no store yet. */
  readonly repo: Repo | undefined
  readonly scene: Scene
  readonly trees: Map<ChainId, Dir>
}

/** Where there is no bundle. */
export const NOTHING: Side = {
  label: 'nothing',
  root: { kind: 'dir', meta: IMPLIED_META, implied: false, children: new Map() },
  config: undefined,
}

/**
 * A bundle's generation: its tree as it was made, and its config.json as it is.
 * @throws CtrbuildError GENERATION_MISSING where it is not there, is not whole, or the store has lost its layers
 */
export function generationSide(shelf: Shelf, name: string, number: number): Side {
  const folder = generationPath(shelf.scene.places.out, name, number)
  const stamp = stampIn(folder) ?? fail(lost(name, number, 'is not there, or is not whole'))
  const tree = chainTree(shelf, stamp.chainId, stamp.layers)
  if (Array.isArray(tree)) throw lost(name, number, 'cannot be compared: the store has lost its layers')
  const config = parsed(textIn(folder, 'config.json') ?? '')
  return { label: `generation ${number}`, root: rootfsOf(tree, stamp.points), config }
}

function stampIn(folder: string): Stamp | undefined {
  try {
    return parseStamp(textIn(folder, STAMP) ?? '')
  } catch (error) {
    if (error instanceof CtrbuildError) return undefined
    throw error
  }
}

function lost(name: string, number: number, why: string): CtrbuildError {
  return new CtrbuildError('GENERATION_MISSING', `generation ${number} of ${name} ${why}`, {
    hint: `"ctrbuild history ${name}" shows those that are there`,
  })
}

/**
 * A bundle as bundles.yaml and its lock ask for it. Its union is computed where the store has only its layers.
 * @throws CtrbuildError as describeBundle and rootfsOf
 */
export async function wantedSide(
  shelf: Shelf,
  bundle: DesiredBundle,
  image: DesiredImage,
): Promise<Side | LackingSide> {
  const label = 'wanted'
  const tree = chainTree(shelf, bundle.chainId, bundle.chain)
  if (Array.isArray(tree)) return { label, lacking: tree }
  const { config, points } = await describeBundle(shelf.scene, bundle, image, tree)
  return { label, root: rootfsOf(tree, points), config: JSON.parse(canonicalJson(config)) }
}

/**
 * The tree of a commit of the store, named by a ref or its checksum.
 * @throws CtrbuildError USAGE where there is no such thing; OBJECT_DAMAGED, LAYER_LIMIT
 */
export function commitSide({ repo }: Shelf, text: string): Side {
  const commit = repo === undefined ? undefined : commitOf(repo, text)
  if (repo === undefined || commit === undefined) {
    throw new CtrbuildError(
      'USAGE',
      `${JSON.stringify(text)} is no generation, and no ref or commit of the store`,
      {
        hint: 'Name a generation by its number, "current", "wanted", or what "ostree refs" shows',
      },
    )
  }
  const chain = readCommit(repo, commit).metadata['ctrbuild.chain_id']
  const isUnion = typeof chain === 'string' && /^sha256:[0-9a-f]{64}$/.test(chain)
  const listing = isUnion ? readListing(repo, unionListingRef(chain as ChainId)) : undefined
  const root = listing === undefined ? readTree(repo, commit) : decodeListing(listing, text)
  return { label: text, root, config: undefined }
}

function commitOf(repo: Repo, text: string): Checksum | undefined {
  if (/^[0-9a-f]{64}$/.test(text)) return text as Checksum
  return isRefName(text) ? readRef(repo, text) : undefined
}

/** The union of a chain, from its listing or from those of its layers; or the layers that the store lacks. */
function chainTree(shelf: Shelf, chainId: ChainId, chain: readonly DiffId[]): Dir | DiffId[] {
  const known = shelf.trees.get(chainId)
  if (known !== undefined) return known
  const found = readChain(shelf.repo, chainId, chain)
  if (!Array.isArray(found)) shelf.trees.set(chainId, found)
  return found
}

/** The union of a chain as the store has it, whole or in layers; or the layers that it lacks. */
export function readChain(
  repo: Repo | undefined,
  chainId: ChainId,
  chain: readonly DiffId[],
): Dir | DiffId[] {
  if (repo === undefined) return [...new Set(chain)]
  const whole = readListing(repo, unionListingRef(chainId))
  if (whole !== undefined) return decodeListing(whole)
  const listings = chain.map(diffId => readListing(repo, layerListingRef(diffId)))
  const lacking = chain.filter((_, i) => listings[i] === undefined)
  if (lacking.length > 0) return [...new Set(lacking)]
  return union(settle(listings.map(listing => decodeListing(listing!))))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function textIn(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined
    throw error
  }
}

function fail(error: CtrbuildError): never {
  throw error
}
