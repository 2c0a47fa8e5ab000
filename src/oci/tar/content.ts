/** The content of one entry, handed out piece by piece as it lies in the archive, holes as zeros. */
import { type ByteSource, type Cursor, paddingOf } from './cursor.ts'
import type { SparseMap } from './sparse.ts'

/** Content that is read at most once, and left behind in any case. */
export interface Content extends ByteSource {
  /** Passes over what was not read, so that the next header can be. */
  leave(): void
}

/** What an entry has that has none. */
export const NO_CONTENT: Content = { next: () => undefined, leave: () => undefined }

/** Holes are handed out from here, however long; nobody writes to it. */
const ZEROS = Buffer.alloc(256 * 1024)

/**
 * The content that begins where the cursor stands.
 * @param stored bytes in the archive
 * @param map where they belong in a sparse file, checked before
 */
export function openContent(cursor: Cursor, stored: number, map?: SparseMap): Content {
  if (map !== undefined) return sparseContent(openStored(cursor, stored), map)
  return stored === 0 ? NO_CONTENT : openStored(cursor, stored)
}

/** Content as it is stored; `next` may be told how much is wanted at most. */
interface Stored extends Content {
  next(most?: number): Buffer | undefined
}

function openStored(cursor: Cursor, stored: number): Stored {
  let left = stored
  let isLeft = false
  return {
    next(most = left) {
      if (isLeft)
        throw new Error('The content of an entry can be read only until the next entry is asked for')
      if (left === 0) return undefined
      const piece = cursor.take(most)
      left -= piece.length
      return piece
    },
    leave() {
      isLeft = true
      cursor.skip(left + paddingOf(stored))
    },
  }
}

function sparseContent(stored: Stored, map: SparseMap): Content {
  const pieces = withHoles(stored, map)
  return { next: () => pieces.next().value ?? undefined, leave: stored.leave }
}

function* withHoles(stored: Stored, { size, pieces }: SparseMap): Generator<Buffer, undefined> {
  let end = 0
  for (let at = 0; at < pieces.length; at += 2) {
    yield* zeros(pieces[at]! - end)
    end = pieces[at]!
    for (const to = end + pieces[at + 1]!; end < to; ) {
      const piece = stored.next(to - end)!
      end += piece.length
      yield piece
    }
  }
  yield* zeros(size - end)
}

function* zeros(length: number): Generator<Buffer, void> {
  for (let left = length; left > 0; left -= ZEROS.length) {
    yield left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS
  }
}
