/** Image manifests, indexes and configurations of the OCI image specification and of Docker's schema 2. */
import type { DiffId, Digest } from './digest.ts'
import type { Platform } from './platform.ts'

/** How a layer's blob is compressed. */
export type Compression = 'none' | 'gzip' | 'zstd'

/** A content descriptor (descriptor.md). */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** Bytes, never negative. */
  readonly size: number
}

/** An image manifest (manifest.md). */
export interface ImageManifest {
  readonly kind: 'manifest'
  readonly mediaType: string
  readonly config: Descriptor
  /** Lowest first. */
  readonly layers: readonly Descriptor[]
}

/** One manifest that an index names. */
export interface IndexEntry extends Descriptor {
  readonly platform: Platform | undefined
}

/** An image index (image-index.md). */
export interface ImageIndex {
  readonly kind: 'index'
  /** In the index's order, which says what is preferred among equals. */
  readonly manifests: readonly IndexEntry[]
}

/** The part of an image configuration that says how to run it (config.md, `config`). */
export interface ImageRunConfig {
  readonly user: string
  readonly env: readonly string[]
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly workingDir: string
  /** Paths, sorted. */
  readonly volumes: readonly string[]
  /** `port[/protocol]`, sorted. */
  readonly exposedPorts: readonly string[]
  readonly stopSignal: string | undefined
  readonly labels: Readonly<Record<string, string>>
}

/** An image configuration (config.md). */
export interface ImageConfig {
  readonly os: string
  readonly architecture: string
  readonly variant: string | undefined
  readonly created: string | undefined
  readonly author: string | undefined
  /** Lowest first. */
  readonly diffIds: readonly DiffId[]
  readonly run: ImageRunConfig
}
