/** Walks over the bytes of an archive that arrive in chunks of any size, copying only headers. */
import { checkLimit, type TarLimits } from './limits.ts'
import { malformed } from './malformed.ts'

/** Where an archive comes from: asked for the next bytes until it has none. */
export interface ByteSource {
  /** The next bytes, which stay as they are until the next call; undefined at the end. */
  next(): Buffer | undefined
}

/** A place in an archive. Buffers it hands out are valid until anything more is asked of it. */
export interface Cursor {
  /** Where the header last read begins. */
  readonly headerOffset: number
  /** Copies the next header into a buffer of 512 bytes; false where the archive ends before it. */
  readHeader(into: Buffer): boolean
  /** Exactly so many bytes in one piece. */
  read(length: number): Buffer
  /** At least one byte and at most so many, as they lie in the source's chunk. */
  take(most: number): Buffer
  skip(length: number): void
  /** Takes whatever is left. */
  drain(): void
  /** Counts bytes that are not in the archive but come of it. */
  expand(length: number): void
}

/** Bytes of a header, and what content is filled up to a multiple of. */
export const BLOCK = 512

/** Zeros after content of a length, up to the end of its last block. */
export function paddingOf(length: number): number {
  return (BLOCK - (length % BLOCK)) % BLOCK
}

/** A cursor at the beginning of a source. */
export function openCursor(source: ByteSource, limits: TarLimits): Cursor {
  let chunk: Buffer = Buffer.alloc(0)
  let at = 0
  let taken = 0
  let expanded = 0
  let headerOffset = 0

  /** Makes sure that the chunk has a byte left; false at the end. */
  function fill(): boolean {
    while (at === chunk.length) {
      const next = source.next()
      if (next === undefined) return false
      taken += chunk.length
      chunk = next
      at = 0
      checkLimit(limits, 'layerSize', taken + chunk.length + expanded, headerOffset)
    }
    return true
  }

  /** Steps over at most so many bytes of one chunk, and says how many. */
  function step(most: number): number {
    if (!fill()) throw malformed(headerOffset, 'the archive is truncated in what begins here')
    const length = Math.min(chunk.length - at, most)
    at += length
    return length
  }

  function readInto(into: Buffer): Buffer {
    for (let have = 0; have < into.length; ) {
      const length = step(into.length - have)
      chunk.copy(into, have, at - length, at)
      have += length
    }
    return into
  }

  return {
    get headerOffset() {
      return headerOffset
    },
    readHeader(into) {
      headerOffset = taken + at
      if (!fill()) return false
      readInto(into)
      return true
    },
    read(length) {
      if (chunk.length - at < length) return readInto(Buffer.allocUnsafe(length))
      at += length
      return chunk.subarray(at - length, at)
    },
    take(most) {
      const length = step(most)
      return chunk.subarray(at - length, at)
    },
    skip(length) {
      for (let left = length; left > 0; ) left -= step(left)
    },
    drain() {
      do at = chunk.length
      while (fill())
    },
    expand(length) {
      expanded += length
      checkLimit(limits, 'layerSize', taken + chunk.length + expanded, headerOffset)
    },
  }
}
