/** What the references of bundles.yaml meant when they were last asked: bundles.lock.json as a value. */
import type { DiffId, Digest } from '../oci/digest.ts'

/** One layer of an image. */
export interface LockedLayer {
  /** Of the blob as the registry sends it. */
  readonly digest: Digest
  /** Bytes of that blob. */
  readonly size: number
  readonly mediaType: string
  /** Of the uncompressed tar. */
  readonly diffId: DiffId
}

/** A blob that was read and checked: manifest or configuration. */
export interface LockedBlob {
  readonly digest: Digest
  readonly size: number
  readonly mediaType: string
}

/** One reference, resolved for one platform. */
export interface LockedImage {
  /** As in bundles.yaml (`Reference.text`). */
  readonly reference: string
  /** `os/architecture[/variant]` that was asked for. */
  readonly platform: string
  /** The index the reference led to, where it was not a manifest at once. */
  readonly index: Digest | undefined
  readonly manifest: LockedBlob
  readonly config: LockedBlob
  /** Lowest first. */
  readonly layers: readonly LockedLayer[]
}

/** Every image of a spec, resolved. */
export interface Lock {
  /** Checksum of the spec's canonical image section: what the lock was made from. */
  readonly imagesDigest: Digest
  /** Sorted by reference, then platform; none twice. */
  readonly images: readonly LockedImage[]
}
