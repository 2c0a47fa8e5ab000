/** A layer's blob into the stage: decompressed, checked and read. Its tree is for commit-layer.ts to write. */
import { CtrbuildError } from '../errors.ts'
import type { DiffId, Digest } from '../oci/digest.ts'
import type { Compression } from '../oci/image.ts'
import type { TarLimits } from '../oci/tar/limits.ts'
import { openBlob } from './decompress.ts'
import { type CompressedBlob, type Inflated, uncompressedSide } from './inflate.ts'
import type { ObjectWriter } from './object-writer.ts'
import { type ReadLayer, readLayer } from './read-layer.ts'
import type { Readers, Threads } from './readers.ts'

/** A blob of at most so many bytes, which unpacks to at most so many, is read where it is: threads take longer to start. */
const SMALL = { blob: 1 << 20, layer: 4 << 20 }

/** True for a blob that is read by threads. */
export function isLarge(size: number): boolean {
  return size > SMALL.blob
}

/** A blob that is complete on disk, and what it is said to be. */
export interface LayerBlob {
  readonly path: string
  /** Short name for messages. */
  readonly name: string
  readonly digest: Digest
  /** Bytes of the blob. */
  readonly size: number
  readonly diffId: DiffId
  readonly compression: Compression
}

/** Bounds on what a layer may turn out to be. */
export interface LayerLimits extends TarLimits {
  /** Uncompressed bytes for each byte of the blob. */
  readonly ratio: number
}

/** What importing needs beside the blob. */
export interface ImportContext {
  readonly writer: ObjectWriter
  readonly readers: Readers
  readonly limits: LayerLimits
  readonly signal: AbortSignal
  /** Told how many bytes of the blob have been read. */
  progress(bytes: number): void
  /** Told when the next layer may begin, if that is before this one is imported. */
  leave?(): void
}

/** A layer whose digests are right, and whose files and symlinks are staged. */
export type ImportedLayer = ReadLayer & Inflated & Threads

/**
 * Imports a layer: its files and symlinks are staged, its directories and its commit are the caller's to make.
 * @throws CtrbuildError DIGEST_MISMATCH, DIFFID_MISMATCH, and what inflate and readLayer throw
 */
export async function importLayer(layer: LayerBlob, context: ImportContext): Promise<ImportedLayer> {
  const { writer, readers } = context
  const { path, name, size } = layer
  // An uncompressed copy of a compressed layer is named by its diffID; some sources say gzip of it all the same.
  const compression = path.endsWith(layer.diffId.slice(7)) ? 'none' : layer.compression
  const blob: CompressedBlob = { path, name, compression, size, ratio: context.limits.ratio }
  context.signal.throwIfAborted()
  const imported =
    (isLarge(size) ? undefined : await readSmall(blob, context)) ??
    (await readers.read({ ...context, blob, stage: writer.stage }))
  checkDigests(layer, imported)
  return imported
}

/** Reads a layer in this thread; undefined where it turns out to be large. */
async function readSmall(
  blob: CompressedBlob,
  { writer, limits }: ImportContext,
): Promise<(ReadLayer & Inflated & Threads) | undefined> {
  const stream = openBlob(blob.path, blob.compression, blob.name)
  const uncompressed = uncompressedSide(blob)
  const chunks: Buffer[] = []
  for await (const chunk of stream.chunks) {
    chunks.push(chunk)
    if (uncompressed.add(chunk) > SMALL.layer) return undefined
  }
  const digests = { digest: stream.digest(), ...uncompressed.end() }
  const source = { next: () => chunks.shift() }
  return { ...readLayer(source, limits, writer), ...digests, threads: [] }
}

function checkDigests(blob: LayerBlob, { digest, diffId }: Inflated): void {
  if (diffId === blob.diffId && (digest === blob.digest || (digest as string) === diffId)) return
  if (digest !== blob.digest && (digest as string) !== blob.diffId) {
    throw new CtrbuildError(
      'DIGEST_MISMATCH',
      `layer ${blob.name}\n  wanted ${blob.digest}\n   found ${digest}`,
      {
        hint: 'The blob was damaged on its way, or the registry serves other bytes; it is fetched anew next time',
      },
    )
  }
  throw new CtrbuildError(
    'DIFFID_MISMATCH',
    `layer ${blob.name} uncompressed\n  wanted ${blob.diffId}\n   found ${diffId}`,
    {
      hint: 'The image configuration does not belong to these layers; build and push the image again',
    },
  )
}
