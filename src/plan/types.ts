/** The three values that planning is about: what should be, what is, and the steps from one to the other. */
import type { MountPoint, Privilege } from '../bundle/types.ts'
import type { LockedImage, LockedLayer } from '../lock/types.ts'
import type { Brand, ChainId, DiffId, Digest } from '../oci/digest.ts'
import type { Limits } from '../spec/limits.ts'
import type { BundleSpec, ImageSpec } from '../spec/types.ts'
import type { Detail } from './bundle-diff.ts'
import type { Drift, DriftReport } from './drift.ts'
import type { FileChange } from './file-changes.ts'

/** Names an image within one plan: its reference and platform, and whether TLS may be missing. */
export type ImageKey = Brand<string, 'ImageKey'>

/** Names a step within one plan, such as `fetch docker.io/library/redis:7 linux/amd64`. */
export type StepId = Brand<string, 'StepId'>

/** An image as it was asked for, and what that meant. */
export interface DesiredImage {
  readonly key: ImageKey
  readonly spec: ImageSpec
  readonly locked: LockedImage
}

/** A bundle as it should be. */
export interface DesiredBundle {
  readonly name: string
  /** Digest of everything that decides the bundle's bytes: a bundle whose stamp says the same is up to date. */
  readonly inputs: Digest
  readonly spec: BundleSpec
  /** Lowest first, as in `spec.images`. The last one's configuration counts. */
  readonly images: readonly ImageKey[]
  /** The layers of all its images, lowest first. */
  readonly chain: readonly DiffId[]
  readonly chainId: ChainId
  /** Of the last image: the configuration that the bundle runs by. */
  readonly config: Digest
}

/** A layer that some bundle is made of, and every image that it can be fetched from. */
export interface DesiredLayer {
  readonly diffId: DiffId
  /** Never empty. Blobs may differ (compression), the uncompressed layer does not. */
  readonly sources: readonly { readonly image: ImageKey; readonly layer: LockedLayer }[]
}

/** Everything that bundles.yaml and its lock ask for. */
export interface Desired {
  /** As written in bundles.yaml, relative to its folder. */
  readonly store: string
  readonly out: string
  /** Generations of a bundle that stay when there is a new one, that one included. */
  readonly keep: number
  /** What a layer may ask for. */
  readonly limits: Limits
  /** Checksum of the spec's canonical image section (`Lock.imagesDigest`). */
  readonly imagesDigest: Digest
  readonly privilege: Privilege['kind']
  /** Sorted by key. */
  readonly images: readonly DesiredImage[]
  /** Sorted by name. */
  readonly bundles: readonly DesiredBundle[]
  /** Sorted by diffID, none twice. */
  readonly layers: readonly DesiredLayer[]
}

/** An image of a bundle: what it was called, and what that meant. */
export interface NamedManifest {
  readonly reference: string
  readonly manifest: Digest
}

/** What a generation says about itself, in its `ctrbuild.json`. Written last: with it, the generation is complete. */
export interface Stamp {
  readonly formatVersion: 1
  readonly name: string
  /** `DesiredBundle.inputs` that it was made from. */
  readonly inputs: Digest
  /** Digest of the bundle's content: the rootfs commit, config.json, scripts. Equal digests, equal bytes. */
  readonly digest: Digest
  readonly privilege: Privilege['kind']
  readonly chainId: ChainId
  /** Lowest first. */
  readonly layers: readonly DiffId[]
  /** Image configuration that it runs by. */
  readonly config: Digest
  /** Lowest first. */
  readonly images: readonly NamedManifest[]
  readonly spec: BundleSpec
  /** What was made in the rootfs beside what the layers bring, or given another mode, to be mounted on. */
  readonly points: readonly MountPoint[]
  /** The generation's small files by path, so that an edited one is found. */
  readonly files: Readonly<Record<string, Digest>>
}

/** A bundle that stands in the output folder. */
export interface ObservedBundle {
  /** `undefined` where ctrbuild made it but the stamp cannot be read; then `damage` says so. */
  readonly stamp: Stamp | undefined
  /** What is wrong with it, as a reason such as `rootfs is gone`; `undefined` while it is intact. */
  readonly damage: string | undefined
  /** What was changed by hand in its root file system; none where that was not looked at. */
  readonly drift?: readonly Drift[]
}

/** How a repository stores content, of the ways that bundles can be linked from. */
export type StoreMode = 'bare' | 'bare-user'

/** What is on the disk now. */
export interface Observed {
  /** Mode of the repository; `undefined` when there is none yet. */
  readonly repoMode: StoreMode | undefined
  /** Mode that a repository created now would have. */
  readonly newRepoMode: StoreMode
  /** Layers whose commits are in the repository. */
  readonly layers: ReadonlySet<DiffId>
  /** Stacks of layers whose union is in the repository. */
  readonly chains: ReadonlySet<ChainId>
  /** Complete blobs that wait to be imported. */
  readonly blobs: ReadonlySet<Digest>
  /** By name. */
  readonly bundles: ReadonlyMap<string, ObservedBundle>
  /** Names in the output folder that ctrbuild did not make. */
  readonly foreign: readonly string[]
  /**
   * Objects of layers that somebody wrote to, by layer: such a layer is not in `layers`, nor a stack with it in
   * `chains`.
   */
  readonly spoiled?: ReadonlyMap<DiffId, readonly string[]>
}

/** What happens to one bundle. */
export interface Change {
  readonly name: string
  readonly action: 'create' | 'update' | 'remove' | 'none'
  /** Never empty unless the action is `none`. */
  readonly reasons: readonly string[]
  /** What stands there, where its stamp can be read. */
  readonly before?: {
    readonly inputs: Digest
    readonly digest: Digest
    readonly images: readonly NamedManifest[]
  }
  /** What will stand there. */
  readonly after?: { readonly inputs: Digest; readonly images: readonly NamedManifest[] }
  /** What changes in the files that `install` puts in place, as far as it is known before the image is there. */
  readonly files?: readonly FileChange[]
}

interface StepOf<Kind extends string> {
  readonly kind: Kind
  readonly id: StepId
  /** Steps that come earlier in the list and must have succeeded. */
  readonly needs: readonly StepId[]
  readonly reason: string
}

/** Bring the blobs of some of an image's layers. */
export interface FetchStep extends StepOf<'fetch'> {
  readonly image: ImageKey
  /** Lowest first, none twice. */
  readonly layers: readonly LockedLayer[]
  readonly bytes: number
}

/** Make a layer's commit. It may begin as soon as its own blob has arrived, while the fetch it needs still goes on. */
export interface ImportStep extends StepOf<'import'> {
  readonly image: ImageKey
  readonly layer: LockedLayer
  /** Checksums of objects that the store has to forget before, since somebody wrote to them. */
  readonly spoiled?: readonly string[]
}

/** Make the union of a stack of layers. */
export interface MergeStep extends StepOf<'merge'> {
  readonly chainId: ChainId
  /** Lowest first. */
  readonly chain: readonly DiffId[]
}

/** Make a generation of a bundle and switch to it. */
export interface AssembleStep extends StepOf<'assemble'> {
  readonly name: string
  readonly action: 'create' | 'update'
}

/** Take a bundle out of the output folder. */
export interface RemoveStep extends StepOf<'remove'> {
  readonly name: string
}

export type Step = FetchStep | ImportStep | MergeStep | AssembleStep | RemoveStep

/** Why a plan cannot be applied. */
export interface Blocker {
  readonly code: 'OUT_FOREIGN' | 'PERMISSION'
  readonly message: string
  readonly hint: string
}

/** Where the meaning of tags came from: bundles.lock.json, or asked just now. */
export type LockSource = 'file' | 'memory'

/** What apply will do, whole: plain JSON, and apply looks at nothing else but the store. */
export interface Plan {
  readonly formatVersion: 1
  /** False where `targets` or `prune` left something out. */
  readonly complete: boolean
  /** False where there are blockers. */
  readonly applyable: boolean
  readonly blockers: readonly Blocker[]
  readonly store: string
  readonly out: string
  /** Generations of each new bundle that stay, the new one included. */
  readonly keep: number
  readonly limits: Limits
  readonly privilege: Privilege['kind']
  readonly imagesDigest: Digest
  readonly lockSource: LockSource
  /** Digest of what planning looked at: another digest later means that the plan is stale. */
  readonly observedDigest: Digest
  /** Names that the plan was limited to, sorted; empty means all. */
  readonly targets: readonly string[]
  /** False where what bundles.yaml does not name any more is to stay. */
  readonly prune: boolean
  /** Names of bundles that stay for that, sorted. */
  readonly spared: readonly string[]
  /** Sorted by name; with action `none` too. */
  readonly changes: readonly Change[]
  /** What is not as ctrbuild left it, sorted by name; a bundle of it is also a change. */
  readonly drift: readonly DriftReport[]
  /** In an order in which they can be done. */
  readonly steps: readonly Step[]
  readonly summary: {
    readonly create: number
    readonly update: number
    readonly remove: number
    readonly unchanged: number
    readonly downloadBytes: number
    readonly layersToImport: number
    readonly layersTotal: number
  }
  /** Sentences for people. */
  readonly notes: readonly string[]
  /** What changes inside bundles, where that was asked for. Applying does not look at it. */
  readonly details?: readonly Detail[]
  /** `Desired.images` and `Desired.bundles`, whole, also where `targets` left something out. */
  readonly images: readonly DesiredImage[]
  readonly bundles: readonly DesiredBundle[]
}
