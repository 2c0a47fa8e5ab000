/** What the steps of one apply share. */
import type { Privilege } from '../bundle/types.ts'
import type { ChainId, DiffId, Digest } from '../oci/digest.ts'
import type { LayerLimits } from '../ostree/import-layer.ts'
import type { ObjectWriter } from '../ostree/object-writer.ts'
import type { Readers } from '../ostree/readers.ts'
import type { Stage } from '../ostree/stage.ts'
import type { Checksum } from '../ostree/types.ts'
import type { DesiredImage, ImageKey, Plan } from '../plan/types.ts'
import type { Reporter } from '../report/events.ts'
import type { Trace } from '../report/trace.ts'
import type { CachedSource } from '../source/cached.ts'
import type { Limit } from '../sys/in-turn.ts'
import type { Dir } from '../tree/node.ts'
import type { Draft } from './generations.ts'
import type { Places } from './places.ts'

/** Where whoever applies keeps things. */
export interface UserPlaces {
  readonly home: string
  /** XDG_RUNTIME_DIR, or what it usually is. */
  readonly run: string
}

/** What an apply is given. */
export interface ApplyInputs {
  readonly plan: Plan
  readonly places: Places
  readonly privilege: Privilege
  readonly source: CachedSource
  readonly limits: LayerLimits
  /** Generations that stay of each bundle that gets a new one, that one included. */
  readonly keep: number
  readonly userPlaces: UserPlaces
  readonly reporter: Reporter
  readonly trace: Trace
  readonly signal: AbortSignal
  /** Milliseconds; only for what is told to people. */
  now(): number
}

/** One apply's surroundings, and what its finished steps leave for the later ones. */
export interface Work extends ApplyInputs {
  readonly stage: Stage
  readonly writer: ObjectWriter
  readonly readers: Readers
  /** Runs network steps, so many at once. */
  readonly network: Limit
  /** Runs imports, so many at once. */
  readonly imports: Limit
  /** Runs threads that link, so many at once. */
  readonly links: Limit
  /** Runs what keeps the main thread busy, one at a time and so in the plan's order. */
  readonly serial: Limit
  /** Makes generations, two at a time: while threads link the files of one, the next one's folders are made. */
  readonly checkouts: Limit
  /** Trees of layers that were imported or read. */
  readonly layers: Map<DiffId, Dir>
  readonly unions: Map<ChainId, Union>
  /** To be written when all objects are durable. */
  readonly refs: Map<string, Checksum>
  /** Generations that are complete and wait to be switched to. */
  readonly drafts: FinishedDraft[]
  /** Blobs that must not be found again by the next apply. */
  readonly spoiled: Set<string>
  /** Bundles that are to go. */
  readonly removals: string[]
}

/** A union that can be checked out. */
export interface Union {
  readonly root: Dir
  /** Checksums of its root, as in the commit. */
  readonly tree: Checksum
  readonly meta: Checksum
}

/** A generation that only has to be switched to. */
export interface FinishedDraft {
  readonly draft: Draft
  readonly action: 'create' | 'update'
  readonly digest: Digest
}

/** The image that a key names in this apply's plan. */
export function imageOf(work: Work, key: ImageKey): DesiredImage {
  return work.plan.images.find(image => image.key === key)!
}
