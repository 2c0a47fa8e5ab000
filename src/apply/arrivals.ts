/** Blobs between those who fetch them and those who import them. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno } from '../errors.ts'
import type { LockedLayer } from '../lock/types.ts'
import { hexOf } from '../oci/digest.ts'
import { abandonGrowing, completeGrowing, type Growing, openGrowing } from '../ostree/growing.ts'
import type { StepId } from '../plan/types.ts'
import { Unreachable } from './execute.ts'

/** Blobs that have arrived or will. */
export interface Arrivals {
  /** The path of a layer's blob, once it is complete. Throws Unreachable when its fetch failed. */
  wait(layer: LockedLayer): Promise<string>
  /**
   * A large blob while it arrives, as soon as it is known where: to be closed by the caller. Undefined once the blob is
   * complete, or will not come, or another one is read in this way already.
   */
  waitEarly(layer: LockedLayer): Promise<Growing | undefined>
  growing(layer: LockedLayer, path: string): void
  arrived(layer: LockedLayer, path: string): void
  failed(layers: readonly LockedLayer[], step: StepId): void
}

interface Arrival {
  readonly path: Deferred<string>
  readonly early: Deferred<Growing | undefined>
  growing: Growing | undefined
}

interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: Unreachable): void
}

/** Bytes from which on it pays to read a blob before it is complete. */
const LARGE = 8 << 20

/** Nothing has arrived yet but what lies in the blob folder from an earlier, interrupted apply. */
export function arrivalsIn(blobs: string): Arrivals {
  const expected = new Map<string, Arrival>()
  const of = ({ digest }: LockedLayer) => {
    const known = expected.get(digest)
    if (known !== undefined) return known
    const arrival: Arrival = { path: deferred(), early: deferred(), growing: undefined }
    expected.set(digest, arrival)
    const path = join(blobs, 'sha256', hexOf(digest))
    if (existsSync(path)) settle(arrival, path)
    return arrival
  }
  const isOneGrowing = () => [...expected.values()].some(({ growing }) => growing !== undefined)
  return {
    wait: layer => of(layer).path.promise,
    waitEarly: layer => of(layer).early.promise,
    growing(layer, path) {
      const arrival = of(layer)
      // The fetch began anew: what the file before had is not all that there is.
      if (arrival.growing !== undefined) abandonGrowing(arrival.growing)
      else if (layer.size >= LARGE && !isOneGrowing()) {
        arrival.growing = openIfThere(path)
        if (arrival.growing !== undefined) arrival.early.resolve(arrival.growing)
      }
    },
    arrived(layer, path) {
      const arrival = of(layer)
      if (arrival.growing !== undefined) completeGrowing(arrival.growing)
      arrival.growing = undefined
      settle(arrival, path)
    },
    failed(layers, step) {
      for (const arrival of layers.map(of)) {
        if (arrival.growing !== undefined) abandonGrowing(arrival.growing)
        arrival.growing = undefined
        arrival.path.reject(new Unreachable(step))
        arrival.early.resolve(undefined)
      }
    },
  }
}

function settle({ path, early }: Arrival, complete: string): void {
  path.resolve(complete)
  early.resolve(undefined)
}

/** It may be complete in the meantime, and have another name. */
function openIfThere(path: string): Growing | undefined {
  try {
    return openGrowing(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

function deferred<T>(): Deferred<T> {
  let settlers: Omit<Deferred<T>, 'promise'>
  const promise = new Promise<T>((resolve, reject) => {
    settlers = { resolve, reject }
  })
  // Nobody may be waiting when it fails: the steps that need it say so themselves.
  promise.catch(() => undefined)
  return { promise, ...settlers! }
}
