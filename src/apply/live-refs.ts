/** Which refs of a store are of use: those that the lock, the generations and the names of images lead to. */
import { CtrbuildError } from '../errors.ts'
import type { LockedImage } from '../lock/types.ts'
import { type ChainId, type DiffId, type Digest, parseDigest } from '../oci/digest.ts'
import { configRef, imageRef, layerRef, rootfsRef } from '../ostree/commits.ts'
import { layerListingRef, unionListingRef } from '../ostree/listings.ts'
import { readCommit } from '../ostree/read.ts'
import { unescapeImageName } from '../ostree/refs.ts'
import type { Checksum, Repo } from '../ostree/types.ts'
import type { Stamp } from '../plan/types.ts'

/** What is wanted, besides what the refs say themselves. */
export interface Roots {
  readonly images: readonly LockedImage[]
  readonly chains: readonly ChainId[]
  readonly stamps: readonly Stamp[]
  /** False: names that neither the lock nor a generation has are no roots. */
  readonly names: boolean
}

/** An image that the store has by name, as its commit tells. */
export interface NamedImage {
  readonly ref: string
  readonly name: string
  readonly manifest: Digest | undefined
  readonly config: Digest | undefined
  readonly layers: readonly Digest[]
}

/** What is of use. */
export interface Live {
  readonly refs: ReadonlySet<string>
  /** Manifests, indexes and configurations. */
  readonly documents: ReadonlySet<Digest>
  /** Names that nothing else leads to. */
  readonly onlyNamed: readonly string[]
}

/** A ref of ctrbuild's; those of others are always of use. */
const OURS = /^(?:ociimage\/[^/]+|ctrbuild\/(?:rootfs|layer|union)\/[0-9a-f]{64})$/
const HEX = /^ociimage\/[0-9a-f]{64}$/

/**
 * Follows roots to refs.
 * @throws CtrbuildError OBJECT_DAMAGED where a commit cannot be read: then nobody knows what is of use
 */
export function liveRefs(repo: Repo, refs: ReadonlyMap<string, Checksum>, roots: Roots): Live {
  const { images, chains, stamps } = roots
  const references = new Set([
    ...images.map(image => image.reference),
    ...stamps.flatMap(stamp => stamp.images.map(image => image.reference)),
  ])
  const all = namedImages(repo, refs)
  const used = new Set([...references].map(imageRef))
  const onlyNamed = all.filter(({ ref }) => !used.has(ref))
  const named = roots.names ? all : all.filter(({ ref }) => used.has(ref))
  const diffIds = diffIdsOf(repo, refs)
  const blobs = [...images.flatMap(image => image.layers), ...named.flatMap(image => image.layers.map(blob))]
  const layers = new Set<DiffId>([
    ...images.flatMap(image => image.layers.map(layer => layer.diffId)),
    ...stamps.flatMap(stamp => stamp.layers),
    ...blobs.map(({ digest }) => diffIds.get(layerRef(digest))).filter(diffId => diffId !== undefined),
  ])
  const configs = [
    ...images.map(image => image.config.digest),
    ...stamps.map(stamp => stamp.config),
    ...named.flatMap(({ config }) => (config === undefined ? [] : [config])),
  ]
  const live = new Set<string>([
    ...[...refs.keys()].filter(ref => !OURS.test(ref)),
    ...named.map(({ ref }) => ref),
    ...configs.map(configRef),
    ...[...layers].map(layerListingRef),
    ...[...diffIds].filter(([, diffId]) => layers.has(diffId)).map(([ref]) => ref),
    ...[...chains, ...stamps.map(stamp => stamp.chainId)].flatMap(id => [rootfsRef(id), unionListingRef(id)]),
  ])
  const documents = new Set<Digest>([
    ...configs,
    ...images.flatMap(({ index, manifest }) => [manifest.digest, ...(index === undefined ? [] : [index])]),
    ...stamps.flatMap(stamp => stamp.images.map(image => image.manifest)),
    ...named.flatMap(({ manifest }) => (manifest === undefined ? [] : [manifest])),
  ])
  return { refs: live, documents, onlyNamed: onlyNamed.map(({ name }) => name) }
}

function blob(digest: Digest) {
  return { digest }
}

/** The layer that each commit of a layer holds. */
function diffIdsOf(repo: Repo, refs: ReadonlyMap<string, Checksum>): ReadonlyMap<string, DiffId> {
  const diffIds = new Map<string, DiffId>()
  for (const [ref, commit] of refs) {
    const diffId = HEX.test(ref) ? readCommit(repo, commit).metadata['docker.uncompressed_digest'] : undefined
    if (typeof diffId === 'string') diffIds.set(ref, diffId as DiffId)
  }
  return diffIds
}

/**
 * The images that a store has by name, sorted by name.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function namedImages(repo: Repo, refs: ReadonlyMap<string, Checksum>): NamedImage[] {
  return [...refs].flatMap(([ref, commit]) => {
    if (!/^ociimage\/[^/]+$/.test(ref) || HEX.test(ref)) return []
    const name = unescapeImageName(ref.slice('ociimage/'.length)) ?? ref
    const { metadata } = readCommit(repo, commit)
    return [{ ref, name, ...contentsOf(metadata['docker.manifest'], metadata['docker.digest']) }]
  })
}

/** What a manifest names. Other tools wrote such commits too: what cannot be read names nothing. */
function contentsOf(text: unknown, digest: unknown): Pick<NamedImage, 'manifest' | 'config' | 'layers'> {
  const manifest = digestIn(digest)
  try {
    const { config, layers } = JSON.parse(String(text)) as { config?: Blob; layers?: Blob[] }
    const blobs = Array.isArray(layers) ? layers.map(layer => digestIn(layer?.digest)) : []
    return { manifest, config: digestIn(config?.digest), layers: blobs.filter(one => one !== undefined) }
  } catch (error) {
    if (error instanceof SyntaxError) return { manifest, config: undefined, layers: [] }
    throw error
  }
}

interface Blob {
  readonly digest?: unknown
}

function digestIn(value: unknown): Digest | undefined {
  try {
    return parseDigest(value)
  } catch (error) {
    if (error instanceof CtrbuildError) return undefined
    throw error
  }
}
