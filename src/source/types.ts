/** Where images come from, as the rest of the program sees it. */

import type { LockedImage, LockedLayer } from '../lock/types.ts'
import type { Digest } from '../oci/digest.ts'
import type { ImageSpec } from '../spec/types.ts'

/** An image's documents as they were sent, byte for byte, each checked against the digest that named it. */
export interface ResolvedImage {
  readonly index: { readonly digest: Digest; readonly bytes: Buffer } | undefined
  readonly manifest: { readonly digest: Digest; readonly bytes: Buffer }
  readonly config: { readonly digest: Digest; readonly bytes: Buffer }
}

/** Told while blobs move. */
export interface FetchObserver {
  /** Bytes of the image's missing layers that have arrived so far. */
  progress(bytes: number): void
  /**
   * The blob of one of these layers, nobody knows which, grows at `path`, byte for byte as the registry has it. When it
   * is complete, `arrived` is told of a path to the same file. May be said of it again and again.
   */
  growing?(path: string, layers: readonly LockedLayer[]): void
  /** Files that grow will not grow any more, and those that have not arrived never will. */
  stopped?(): void
  /** A layer's blob is complete at `path`. It may be named by its digest or, uncompressed, by its diffID. */
  arrived(layer: LockedLayer, path: string): void
}

/** Something that images can be read from. */
export interface ImageSource {
  /**
   * Asks what a reference means now.
   * @throws CtrbuildError IMAGE_NOT_FOUND, PLATFORM_MISSING, SOURCE_UNAVAILABLE, REGISTRY_DENIED, IMAGE_INVALID,
   *   DIGEST_MISMATCH
   */
  resolve(image: ImageSpec, signal: AbortSignal): Promise<ResolvedImage>
  /**
   * Brings the blobs of the given layers into the blob folder, and no others.
   * @throws CtrbuildError as resolve
   */
  fetch(
    image: ImageSpec,
    locked: LockedImage,
    layers: readonly LockedLayer[],
    observer: FetchObserver,
    signal: AbortSignal,
  ): Promise<void>
}
