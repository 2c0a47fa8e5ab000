/**
 * Bytes from one thread to another through shared memory: a ring of slots between the thread that decompresses a
 * layer and the one that reads it. Both sides block, so that what they do stays plain synchronous code.
 */

const SLOTS = 4
const SLOT_BYTES = 1 << 20

/** Where the counters stand in `control`; the lengths of the slots follow them. */
const FILLED = 0
const TAKEN = 1
const STATE = 2
const LENGTHS = 3

const ABORTED = 1
/** Milliseconds after which a waiting side looks whether the other one gave up. */
const PATIENCE = 100

/** A ring; both sides may hold it, and it may be sent to a worker. */
export interface Ring {
  readonly control: Int32Array
  readonly data: Uint8Array
  /** Milliseconds that this thread has waited for the other one. */
  waited: number
}

/** An empty ring of four slots of 1 MiB. */
export function createRing(): Ring {
  return {
    control: new Int32Array(new SharedArrayBuffer(4 * (LENGTHS + SLOTS))),
    data: new Uint8Array(new SharedArrayBuffer(SLOTS * SLOT_BYTES)),
    waited: 0,
  }
}

/** Thrown on one side when the other one has given up. */
export class RingClosed extends Error {}

/**
 * The writing side: a slot to write into, when there is a free one. It is the same one until it is published.
 * @throws RingClosed
 */
export function freeSlot(ring: Ring): Buffer {
  const filled = Atomics.load(ring.control, FILLED)
  for (;;) {
    checkOpen(ring)
    const taken = Atomics.load(ring.control, TAKEN)
    if (filled - taken < SLOTS)
      return Buffer.from(ring.data.buffer, (filled % SLOTS) * SLOT_BYTES, SLOT_BYTES)
    waitWhile(ring, TAKEN, taken)
  }
}

/** Hands the free slot's first bytes to the reading side; none means the end. */
export function publishSlot(ring: Ring, length: number): void {
  const filled = Atomics.load(ring.control, FILLED)
  ring.control[LENGTHS + (filled % SLOTS)] = length
  Atomics.store(ring.control, FILLED, filled + 1)
  Atomics.notify(ring.control, FILLED)
}

/**
 * Puts bytes into the ring, waiting while it is full.
 * @throws RingClosed
 */
export function fill(ring: Ring, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) {
    const copied = bytes.copy(freeSlot(ring), 0, done)
    publishSlot(ring, copied)
    done += copied
  }
}

/**
 * Says that no more bytes come.
 * @throws RingClosed
 */
export function endRing(ring: Ring): void {
  freeSlot(ring)
  publishSlot(ring, 0)
}

/** Gives up, on either side: the other one stops at its next step. */
export function abortRing(ring: Ring): void {
  Atomics.store(ring.control, STATE, ABORTED)
  Atomics.notify(ring.control, FILLED)
  Atomics.notify(ring.control, TAKEN)
}

/**
 * The reading side: blocks until bytes come, undefined at their end. What it returns is valid until the next call.
 * @throws RingClosed
 */
export function takeFrom(ring: Ring): { next(): Buffer | undefined } {
  let taken = 0
  let holding = false
  return {
    next() {
      if (holding) release(ring, ++taken)
      awaitSlot(ring, taken)
      const slot = taken % SLOTS
      const length = ring.control[LENGTHS + slot]!
      holding = length > 0
      return holding ? Buffer.from(ring.data.buffer, slot * SLOT_BYTES, length) : undefined
    },
  }
}

function awaitSlot(ring: Ring, taken: number): void {
  while (Atomics.load(ring.control, FILLED) === taken) {
    checkOpen(ring)
    waitWhile(ring, FILLED, taken)
  }
}

/** Waits until a counter has another value than it had. */
function waitWhile(ring: Ring, counter: number, value: number): void {
  const began = performance.now()
  Atomics.wait(ring.control, counter, value, PATIENCE)
  ring.waited += performance.now() - began
}

function release(ring: Ring, taken: number): void {
  Atomics.store(ring.control, TAKEN, taken)
  Atomics.notify(ring.control, TAKEN)
}

/**
 * Stops whoever works for a ring that the other side has given up.
 * @throws RingClosed
 */
export function checkOpen(ring: Ring): void {
  if (isClosed(ring)) throw new RingClosed()
}

function isClosed(ring: Ring): boolean {
  return Atomics.load(ring.control, STATE) === ABORTED
}
