/** Reads whole archives in tests: chunks of chosen sizes in, plain values out. */
import { createHash } from 'node:crypto'
import type { ByteSource } from '../../../src/oci/tar/cursor.ts'
import type { TarLimits } from '../../../src/oci/tar/limits.ts'
import { readTar, type TarEntry } from '../../../src/oci/tar/reader.ts'

/** An entry with its content read. */
export interface ReadEntry extends Omit<TarEntry, 'body'> {
  readonly content: Buffer
}

/**
 * An archive in chunks of the given sizes in turn. Each chunk is overwritten when the next one is asked for,
 * so that whoever keeps a buffer too long is found out.
 */
export function chunked(archive: Buffer, sizes: readonly number[] = [archive.length]): ByteSource {
  let at = 0
  let turn = 0
  let last: Buffer | undefined
  return {
    next() {
      last?.fill(0xee)
      if (at >= archive.length) return undefined
      const size = sizes[turn++ % sizes.length]!
      last = Buffer.from(archive.subarray(at, at + size))
      at += size
      return last
    },
  }
}

/** What is left of an entry's content, piece by piece. */
export function* piecesOf(body: ByteSource): Generator<Buffer, void> {
  for (let piece = body.next(); piece !== undefined; piece = body.next()) yield piece
}

/** All entries with their content. */
export function readAll(archive: Buffer, sizes?: readonly number[], limits?: TarLimits): ReadEntry[] {
  const entries: ReadEntry[] = []
  for (const { body, ...entry } of readTar(chunked(archive, sizes), limits)) {
    const pieces: Buffer[] = []
    for (const piece of piecesOf(body)) pieces.push(Buffer.from(piece))
    entries.push({ ...entry, content: Buffer.concat(pieces) })
  }
  return entries
}

/** What an archive lists, with digests in place of content. */
export function digests(archive: Buffer, sizes?: readonly number[]): object[] {
  return readAll(archive, sizes).map(({ content, ...entry }) => ({ ...entry, sha256: sha256(content) }))
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
