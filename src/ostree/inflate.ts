/** A layer's blob into a ring, decompressed and hashed on the way: what one of a layer's two threads does. */
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { CtrbuildError } from '../errors.ts'
import type { DiffId, Digest } from '../oci/digest.ts'
import type { Compression } from '../oci/image.ts'
import { raiseHint } from '../tree/limits.ts'
import { checkMagic, decompressionError, openBlob, requireZeros } from './decompress.ts'
import { Abandoned, type Growing, readGrowing } from './growing.ts'
import { type Gunzip, openGunzip } from './gunzip.ts'
import { checkOpen, endRing, fill, freeSlot, publishSlot, type Ring } from './ring.ts'

const INPUT_BYTES = 1 << 20

/** A blob to decompress. */
export interface CompressedBlob {
  readonly path: string
  /** Short name for messages. */
  readonly name: string
  readonly compression: Compression
  /** Bytes of the blob. */
  readonly size: number
  /** How many times that it may unpack to. */
  readonly ratio: number
  /** The blob while it is still on its way; `path` is where it will be. */
  readonly growing?: Growing
}

/** What a blob turned out to be. */
export interface Inflated {
  readonly digest: Digest
  readonly diffId: DiffId
  readonly uncompressedSize: number
}

/**
 * Decompresses a blob into a ring to its end. `progress` is told how many bytes of the blob have been read.
 * @throws CtrbuildError COMPRESSION_INVALID, LAYER_LIMIT; RingClosed when the reading side has given up; Abandoned where
 *   a growing blob stops to grow, or cannot be decompressed while it does
 */
export async function inflate(
  blob: CompressedBlob,
  ring: Ring,
  progress: (bytes: number) => void,
): Promise<Inflated> {
  const gunzip = blob.compression === 'gzip' ? openGunzip() : undefined
  if (blob.growing !== undefined && gunzip === undefined) throw new Abandoned()
  const inflated =
    gunzip === undefined ? await streamed(blob, ring, progress) : inflateGzip(blob, gunzip, ring, progress)
  endRing(ring)
  return inflated
}

/** Counts and hashes uncompressed bytes; `add` gives their count so far, and throws CtrbuildError LAYER_LIMIT. */
export function uncompressedSide({ name, size, ratio }: CompressedBlob) {
  const hash = createHash('sha256')
  let total = 0
  return {
    add(bytes: Uint8Array): number {
      total += bytes.length
      if (total > size * ratio) throw tooMuch(name, ratio)
      hash.update(bytes)
      return total
    },
    end: () => ({ diffId: `sha256:${hash.digest('hex')}` as DiffId, uncompressedSize: total }),
  }
}

async function streamed(
  blob: CompressedBlob,
  ring: Ring,
  progress: (bytes: number) => void,
): Promise<Inflated> {
  const stream = openBlob(blob.path, blob.compression, blob.name)
  const uncompressed = uncompressedSide(blob)
  for await (const chunk of stream.chunks) {
    uncompressed.add(chunk)
    fill(ring, chunk)
    progress(stream.size())
  }
  return { digest: stream.digest(), ...uncompressed.end() }
}

function inflateGzip(
  blob: CompressedBlob,
  gunzip: Gunzip,
  ring: Ring,
  progress: (bytes: number) => void,
): Inflated {
  const hash = createHash('sha256')
  const uncompressed = uncompressedSide(blob)
  const input = Buffer.allocUnsafe(INPUT_BYTES)
  const source = openSource(blob, ring)
  try {
    let ended = false
    for (let total = 0, length = -1; length !== 0; total += length) {
      length = source.read(input, total)
      const chunk = input.subarray(0, length)
      if (total === 0) checkMagic(chunk, blob.compression, blob.name)
      hash.update(chunk)
      ended = ended ? requireZeros(chunk) : inflateChunk(gunzip, chunk, length === 0, ring, uncompressed.add)
      progress(total + length)
    }
    return { digest: `sha256:${hash.digest('hex')}` as Digest, ...uncompressed.end() }
  } catch (error) {
    throw decompressionError(error, blob.compression, blob.name)
  } finally {
    source.close()
  }
}

/** A blob's bytes by position, into a buffer that is filled but at the end. */
function openSource({ path, growing }: CompressedBlob, ring: Ring) {
  if (growing !== undefined) {
    const lookIn = () => checkOpen(ring)
    return {
      read: (into: Buffer, at: number) => readGrowing(growing, into, at, lookIn),
      close: () => undefined,
    }
  }
  const fd = openSync(path, 'r')
  return {
    read: (into: Buffer, at: number) => readSync(fd, into, 0, into.length, at),
    close: () => closeSync(fd),
  }
}

/** True where the data ended within the chunk, which then holds only zeros. */
function inflateChunk(
  gunzip: Gunzip,
  chunk: Buffer,
  last: boolean,
  ring: Ring,
  add: (bytes: Buffer) => unknown,
): boolean {
  for (let from = 0; ; ) {
    const output = freeSlot(ring)
    const { consumed, produced, ended } = gunzip(chunk, from, chunk.length - from, output, last)
    from += consumed
    if (produced > 0) {
      add(output.subarray(0, produced))
      publishSlot(ring, produced)
    }
    if (ended) return requireZeros(chunk.subarray(from))
    if (produced < output.length && from === chunk.length) return false
  }
}

function tooMuch(name: string, ratio: number): CtrbuildError {
  return new CtrbuildError('LAYER_LIMIT', `layer ${name} unpacks to more than ${ratio} times its size`, {
    hint: `This is what a decompression bomb looks like. ${raiseHint('ratio')}`,
  })
}
