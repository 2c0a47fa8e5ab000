/**
 * gzip into memory that the caller owns, synchronously, piece by piece.
 *
 * Node's documented streams give every piece a buffer of its own, and so many of them keep the garbage collector busy.
 * The handle below those streams writes where it is told, and Node itself uses it so for `gunzipSync`. It is not
 * documented: where it looks otherwise, there is none, and the caller takes the stream.
 */
import * as zlib from 'node:zlib'

/** What one step took and gave. */
export interface Inflation {
  readonly consumed: number
  readonly produced: number
  /** The data has ended: what is left of the input is not part of it. */
  readonly ended: boolean
}

/**
 * Inflates `input[from..from+length)` into `output`. Call it again with the rest while the output was filled. With
 * `last`, there is no more input to come. Several members count as one (RFC 1952, section 2.2).
 * @throws Error with zlib's message
 */
export type Gunzip = (input: Buffer, from: number, length: number, output: Buffer, last: boolean) => Inflation

/** What Node's Gunzip has inside. */
interface Inside {
  readonly _handle?: {
    writeSync?(
      flush: number,
      input: Buffer,
      from: number,
      length: number,
      output: Buffer,
      to: number,
      room: number,
    ): void
    onerror?: (message: string) => void
  }
  /** Room left in the output, bytes left of the input. */
  readonly _writeState?: unknown
}

/** A new decoder, or undefined where this Node has no such handle. */
export function openGunzip(): Gunzip | undefined {
  const { _handle: handle, _writeState: state } = zlib.createGunzip() as unknown as Inside
  if (typeof handle?.writeSync !== 'function' || !(state instanceof Uint32Array)) return undefined
  let failure: string | undefined
  handle.onerror = message => {
    failure = message
  }
  const { Z_FINISH, Z_NO_FLUSH } = zlib.constants
  return (input, from, length, output, last) => {
    handle.writeSync!(last ? Z_FINISH : Z_NO_FLUSH, input, from, length, output, 0, output.length)
    if (failure !== undefined) throw new Error(failure)
    const [room, left] = state as unknown as [number, number]
    return { consumed: length - left, produced: output.length - room, ended: left > 0 && room > 0 }
  }
}
