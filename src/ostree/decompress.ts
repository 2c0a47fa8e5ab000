/** A layer's blob as a stream of its uncompressed bytes, hashed on the way. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import type { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as zlib from 'node:zlib'
import { CtrbuildError, isErrno } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Compression } from '../oci/image.ts'
import { Abandoned } from './growing.ts'
import { RingClosed } from './ring.ts'

/** Node's default of 16 KiB makes inflating more than twice as slow. */
const CHUNK = 1 << 20

/** A blob being read. `digest` and `size` are final when the stream has ended. */
export interface BlobStream {
  readonly chunks: AsyncIterable<Buffer>
  /** Bytes read from the blob so far. */
  size(): number
  digest(): Digest
}

/**
 * Opens a blob, compares its first bytes with the compression that its media type promises, and decompresses it.
 *
 * gzip may have several members and trailing zeros (RFC 1952, section 2.2); a stream that ends early is an error.
 * Reading throws CtrbuildError COMPRESSION_INVALID.
 */
export function openBlob(path: string, promised: Compression, name: string): BlobStream {
  const hash = createHash('sha256')
  let size = 0
  const tap = (chunk: Buffer) => {
    hash.update(chunk)
    size += chunk.length
  }
  return {
    chunks: uncompressed(path, promised, name, tap),
    size: () => size,
    digest: () => `sha256:${hash.copy().digest('hex')}` as Digest,
  }
}

async function* uncompressed(
  path: string,
  promised: Compression,
  name: string,
  tap: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  const blob = createReadStream(path, { highWaterMark: CHUNK })
  try {
    const compressed = checked(blob, promised, name, tap)
    if (promised === 'none') yield* compressed
    else yield* decompressed(compressed, promised, name)
  } finally {
    blob.destroy()
  }
}

/** Passes the blob's chunks on to the hash and looks at the first one's magic number. */
async function* checked(
  blob: Readable,
  promised: Compression,
  name: string,
  tap: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  let first = true
  for await (const chunk of blob as AsyncIterable<Buffer>) {
    if (first) {
      first = false
      checkMagic(chunk, promised, name)
    }
    tap(chunk)
    yield chunk
  }
  if (first) checkMagic(Buffer.alloc(0), promised, name)
}

/**
 * Holds a blob's first bytes against the compression that its media type promises.
 * @throws CtrbuildError COMPRESSION_INVALID
 */
export function checkMagic(bytes: Buffer, promised: Compression, name: string): void {
  const found = sniff(bytes)
  if (found !== promised) throw mislabelled(name, bytes.length === 0 ? 'empty' : said(found), promised)
}

/** The compression that a stream's first bytes show (RFC 1952, section 2.3.1; RFC 8878, section 3.1.1). */
function sniff(bytes: Buffer): Compression {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip'
  if (bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfd2fb528) return 'zstd'
  return 'none'
}

async function* decompressed(
  compressed: AsyncIterable<Buffer>,
  kind: 'gzip' | 'zstd',
  name: string,
): AsyncGenerator<Buffer> {
  try {
    if (kind === 'gzip') yield* through(compressed, zlib.createGunzip({ chunkSize: CHUNK }))
    else if (ownZstd !== undefined) yield* through(compressed, ownZstd({ chunkSize: CHUNK }))
    else yield* throughZstdProgram(compressed)
  } catch (error) {
    throw decompressionError(error, kind, name)
  }
}

/** Node has a decoder of its own from 22.15 on. */
const ownZstd = (zlib as { createZstdDecompress?: (options: object) => Decoder }).createZstdDecompress

/** A decoder of Node's, with how many bytes it has taken. */
type Decoder = Transform & { readonly bytesWritten: number }

async function* through(compressed: AsyncIterable<Buffer>, decoder: Decoder): AsyncGenerator<Buffer> {
  const fed = feed(compressed, decoder).then(nothing, (error: Error) => {
    decoder.destroy(error)
    return error
  })
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) yield chunk
    const failure = await fed
    if (failure !== undefined) throw failure
  } finally {
    decoder.destroy()
  }
}

/** Writes to the decoder until it has seen the end of its data; what follows must be zeros, and is read for the hash. */
async function feed(compressed: AsyncIterable<Buffer>, decoder: Decoder): Promise<void> {
  let ended = false
  for await (const chunk of compressed) {
    if (decoder.destroyed && !ended) return
    const before = decoder.bytesWritten
    if (!ended) await write(decoder, chunk)
    const rest = chunk.subarray(ended ? 0 : decoder.bytesWritten - before)
    if (rest.length > 0) ended = requireZeros(rest)
  }
  if (!decoder.destroyed) decoder.end()
}

/** Waits until the decoder has taken a chunk, or is closed. */
function write(decoder: Decoder, chunk: Buffer): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      decoder.off('close', done)
      resolve()
    }
    decoder.on('close', done)
    decoder.write(chunk, done)
  })
}

/** True; what follows the end of compressed data may be zeros and nothing else. */
export function requireZeros(chunk: Buffer): true {
  if (chunk.some(byte => byte !== 0)) throw new Error('there is something other than zeros after its end')
  return true
}

async function* throughZstdProgram(compressed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const child = spawn('zstd', ['--decompress', '--stdout', '--quiet', '--memory=128MB'])
  let complaint = ''
  const ended = once(child, 'close').then(
    ([status]) =>
      status === 0 ? undefined : new Error(complaint.trim() || `zstd ended with status ${status}`),
    (error: Error) => error,
  )
  if (child.pid === undefined) throw await ended
  child.stderr.setEncoding('utf8').on('data', text => {
    complaint = (complaint + text).slice(-500)
  })
  const fed = pipeline(compressed, child.stdin).then(nothing, (error: Error) => error)
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) yield chunk
    const failure = (await ended) ?? (await fed)
    if (failure !== undefined) throw failure
  } finally {
    child.kill('SIGKILL')
  }
}

function mislabelled(name: string, found: string, promised: Compression): CtrbuildError {
  const message = `layer ${name} is ${found}, but its media type says ${said(promised)}`
  return new CtrbuildError('COMPRESSION_INVALID', message, { hint: 'Build and push the image again' })
}

/** A failure to decompress, in ctrbuild's words; errors that are such already, and those of the ring, as they are. */
export function decompressionError(error: unknown, kind: string, name: string): unknown {
  if (error instanceof CtrbuildError || error instanceof RingClosed || error instanceof Abandoned)
    return error
  if (!(error instanceof Error)) return error
  if ('syscall' in error) {
    // Reading the blob failed, or starting the program did.
    if (error.syscall !== 'spawn zstd' || !isErrno(error, 'ENOENT')) return error
    return new CtrbuildError(
      'PROGRAM_MISSING',
      `layer ${name} is zstd compressed, and the zstd program is missing`,
      {
        hint: 'Install the package zstd, or use Node 22.15 or newer',
      },
    )
  }
  return new CtrbuildError(
    'COMPRESSION_INVALID',
    `layer ${name} cannot be decompressed (${kind}): ${error.message}`,
    {
      hint: 'The blob is damaged, or was cut short when the image was pushed',
      cause: error,
    },
  )
}

function said(compression: Compression): string {
  return compression === 'none' ? 'not compressed' : `${compression} compressed`
}

function nothing(): undefined {
  return undefined
}
