/** A layer's blob into the repository: decompressed, checked, read, and committed. */
import { createHash } from 'node:crypto'
import { CtrbuildError } from '../errors.ts'
import type { DiffId, Digest } from '../oci/digest.ts'
import type { Compression } from '../oci/image.ts'
import type { TarLimits } from '../oci/tar/limits.ts'
import { type BlobStream, openBlob } from './decompress.ts'
import type { ObjectWriter } from './object-writer.ts'
import { type ReadLayer, readLayer } from './read-layer.ts'
import type { Readers } from './readers.ts'

/** A layer up to this many uncompressed bytes is read where it is: starting a thread takes longer. */
const INLINE = 4 << 20

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
}

/** A layer whose objects are all staged and whose digests are right. */
export interface ImportedLayer extends ReadLayer {
  /** Bytes of the uncompressed tar. */
  readonly uncompressedSize: number
}

/**
 * Imports a layer: its objects are staged, its commit is the caller's to make.
 * @throws CtrbuildError DIGEST_MISMATCH, DIFFID_MISMATCH, COMPRESSION_INVALID, and what readLayer throws
 */
export async function importLayer(blob: LayerBlob, context: ImportContext): Promise<ImportedLayer> {
  const { writer, readers, limits } = context
  // An uncompressed copy of a compressed layer is named by its diffID; some sources say gzip of it all the same.
  const stream = openBlob(
    blob.path,
    blob.path.endsWith(blob.diffId.slice(7)) ? 'none' : blob.compression,
    blob.name,
  )
  const hash = createHash('sha256')
  let uncompressedSize = 0
  const chunks = watched(stream, blob, context, chunk => {
    hash.update(chunk)
    uncompressedSize += chunk.length
  })
  const head = await take(chunks, INLINE)
  const layer = head.ended
    ? readLayer(sourceOf(head.chunks), limits, writer)
    : await readers.read(joined(head.chunks, chunks), writer.stage, limits)
  checkDigests(blob, stream, `sha256:${hash.digest('hex')}` as DiffId)
  return { ...layer, uncompressedSize }
}

async function* watched(
  stream: BlobStream,
  blob: LayerBlob,
  { limits, signal, progress }: ImportContext,
  tap: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  let total = 0
  for await (const chunk of stream.chunks) {
    signal.throwIfAborted()
    total += chunk.length
    if (total > blob.size * limits.ratio) throw tooMuch(blob, limits.ratio)
    tap(chunk)
    yield chunk
    progress(stream.size())
  }
}

function tooMuch(blob: LayerBlob, ratio: number): CtrbuildError {
  return new CtrbuildError('LAYER_LIMIT', `layer ${blob.name} unpacks to more than ${ratio} times its size`, {
    hint: 'This is what a decompression bomb looks like; raise limits.ratio if the image is trusted',
  })
}

function checkDigests(blob: LayerBlob, stream: BlobStream, diffId: DiffId): void {
  const digest = stream.digest()
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

async function take(
  chunks: AsyncIterator<Buffer>,
  most: number,
): Promise<{ chunks: Buffer[]; ended: boolean }> {
  const taken: Buffer[] = []
  for (let bytes = 0; bytes <= most; ) {
    const { done, value } = await chunks.next()
    if (done === true) return { chunks: taken, ended: true }
    taken.push(value)
    bytes += value.length
  }
  return { chunks: taken, ended: false }
}

async function* joined(head: readonly Buffer[], tail: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* head
  yield* tail
}

function sourceOf(chunks: readonly Buffer[]): { next(): Buffer | undefined } {
  let i = 0
  return { next: () => chunks[i++] }
}
