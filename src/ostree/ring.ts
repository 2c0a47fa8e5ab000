/**
 * Bytes from one thread to another through shared memory: a ring of slots between the thread that decompresses a
 * layer and the one that reads it. The reading side blocks, so that the tar reader stays plain synchronous code.
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
}

/** An empty ring of four slots of 1 MiB. */
export function createRing(): Ring {
  return {
    control: new Int32Array(new SharedArrayBuffer(4 * (LENGTHS + SLOTS))),
    data: new Uint8Array(new SharedArrayBuffer(SLOTS * SLOT_BYTES)),
  }
}

/** Puts bytes into the ring, waiting while it is full. False where the reading side has given up. */
export async function fill(ring: Ring, bytes: Buffer): Promise<boolean> {
  for (let done = 0; done < bytes.length; done += SLOT_BYTES) {
    if (!(await put(ring, bytes.subarray(done, done + SLOT_BYTES)))) return false
  }
  return true
}

/** Says that no more bytes come: an empty slot. False where the reading side has given up. */
export function endRing(ring: Ring): Promise<boolean> {
  return put(ring, Buffer.alloc(0))
}

/** Gives up, on either side: the other one stops at its next step. */
export function abortRing(ring: Ring): void {
  Atomics.store(ring.control, STATE, ABORTED)
  Atomics.notify(ring.control, FILLED)
  Atomics.notify(ring.control, TAKEN)
}

/**
 * The reading side: blocks until bytes come, undefined at their end. What it returns is valid until the next call.
 * @throws Error when the writing side gave up
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

async function put(ring: Ring, piece: Buffer): Promise<boolean> {
  if (!(await freeSlot(ring))) return false
  const filled = Atomics.load(ring.control, FILLED)
  const slot = filled % SLOTS
  ring.data.set(piece, slot * SLOT_BYTES)
  ring.control[LENGTHS + slot] = piece.length
  Atomics.store(ring.control, FILLED, filled + 1)
  Atomics.notify(ring.control, FILLED)
  return true
}

async function freeSlot(ring: Ring): Promise<boolean> {
  for (;;) {
    if (Atomics.load(ring.control, STATE) === ABORTED) return false
    const taken = Atomics.load(ring.control, TAKEN)
    if (Atomics.load(ring.control, FILLED) - taken < SLOTS) return true
    const wait = Atomics.waitAsync(ring.control, TAKEN, taken, PATIENCE)
    if (wait.async) await wait.value
  }
}

function awaitSlot(ring: Ring, taken: number): void {
  while (Atomics.load(ring.control, FILLED) === taken) {
    if (Atomics.load(ring.control, STATE) === ABORTED) throw new Error('the layer is not read any further')
    Atomics.wait(ring.control, FILLED, taken, PATIENCE)
  }
}

function release(ring: Ring, taken: number): void {
  Atomics.store(ring.control, TAKEN, taken)
  Atomics.notify(ring.control, TAKEN)
}
