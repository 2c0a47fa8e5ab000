/**
 * A blob that is read while it is still being written: by a thread that waits where the file ends so far, until it is
 * told that nothing more comes.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const GROWING = 0
const COMPLETE = 1
const ABANDONED = 2
/** Milliseconds between looks for more. */
const INTERVAL = 5
/** Milliseconds of waiting from which on a blob comes more slowly than it is read. */
const STARVING = 200
/** Milliseconds between looks whether it does. */
const LOOK = 20

/** Where the state and the number of waits stand in `state`. */
const STATE = 0
const WAITS = 1

/** A blob that grows; it may be sent to a thread, which shares the file and the state. */
export interface Growing {
  readonly fd: number
  readonly state: Int32Array
}

/** Thrown where a blob is read of which no more will come. */
export class Abandoned extends Error {}

/** Opens a blob that is being written, whatever becomes of its name. */
export function openGrowing(path: string): Growing {
  return { fd: openSync(path, 'r'), state: new Int32Array(new SharedArrayBuffer(8)) }
}

/** Says that the blob is all there. */
export function completeGrowing({ state }: Growing): void {
  Atomics.compareExchange(state, STATE, GROWING, COMPLETE)
  Atomics.notify(state, STATE)
}

/** Says that nobody writes the blob any more, where it is not complete. */
export function abandonGrowing({ state }: Growing): void {
  Atomics.compareExchange(state, STATE, GROWING, ABANDONED)
  Atomics.notify(state, STATE)
}

/** Waits until whoever reads the blob has mostly waited for it, or until the reading is over. */
export async function untilStarving({ state }: Growing, reading: Promise<unknown>): Promise<void> {
  let isOver = false
  const end = () => {
    isOver = true
  }
  const over = reading.then(end, end)
  while (!isOver && Atomics.load(state, WAITS) * INTERVAL < STARVING) await Promise.race([over, sleep(LOOK)])
}

/** Closes the file; nobody may read from it any more. */
export function closeGrowing({ fd }: Growing): void {
  closeSync(fd)
}

/**
 * Fills a buffer from a position of the blob, waiting for what is not there yet. Less than the whole buffer, or nothing,
 * is the end. Looks in while it waits, so that the caller may stop by throwing.
 * @throws Abandoned; whatever `lookIn` throws
 */
export function readGrowing({ fd, state }: Growing, into: Buffer, at: number, lookIn: () => void): number {
  let have = 0
  while (have < into.length) {
    // Asked before reading: what was written before that is read.
    const before = Atomics.load(state, STATE)
    const length = readSync(fd, into, have, into.length - have, at + have)
    have += length
    if (length > 0) continue
    if (before === COMPLETE) break
    if (before === ABANDONED) throw new Abandoned()
    lookIn()
    Atomics.add(state, WAITS, 1)
    Atomics.wait(state, STATE, GROWING, INTERVAL)
  }
  return have
}
