/** The content of one entry, handed out piece by piece as it lies in the archive, holes as zeros. */
import { type Cursor, paddingOf } from './cursor.ts'
import type { SparseMap } from './sparse.ts'

/** Content that is read at most once, and left behind in any case. */
export interface Content {
  readonly body: Iterable<Buffer>
  /** Passes over what was not read, so that the next header can be. */
  leave(): void
}

/** What an entry has that has none. */
const NO_CONTENT: Content = { body: [], leave: () => undefined }

/** Holes are handed out from here, however long; nobody writes to it. */
const ZEROS = Buffer.alloc(256 * 1024)

/**
 * The content that begins where the cursor stands.
 * @param stored bytes in the archive
 * @param map where they belong in a sparse file, checked before
 */
export function openContent(cursor: Cursor, stored: number, map?: SparseMap): Content {
  if (stored === 0 && map === undefined) return NO_CONTENT
  let left = stored
  let isLeft = false

  function* pieces(length: number): Generator<Buffer, void> {
    for (let wanted = length; wanted > 0; ) {
      if (isLeft)
        throw new Error('The content of an entry can be read only until the next entry is asked for')
      const piece = cursor.take(wanted)
      wanted -= piece.length
      left -= piece.length
      yield piece
    }
  }

  return {
    body: { [Symbol.iterator]: () => (map === undefined ? pieces(left) : withHoles(map, pieces)) },
    leave() {
      isLeft = true
      cursor.skip(left + paddingOf(stored))
    },
  }
}

function* withHoles(
  { size, pieces }: SparseMap,
  stored: (length: number) => Iterable<Buffer>,
): Generator<Buffer, void> {
  let end = 0
  for (let at = 0; at < pieces.length; at += 2) {
    yield* zeros(pieces[at]! - end)
    yield* stored(pieces[at + 1]!)
    end = pieces[at]! + pieces[at + 1]!
  }
  yield* zeros(size - end)
}

function* zeros(length: number): Generator<Buffer, void> {
  for (let left = length; left > 0; left -= ZEROS.length) {
    yield left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS
  }
}
