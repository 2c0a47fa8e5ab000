/** Blobs between those who fetch them and those who import them. */
import { existsSync, fstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno } from '../errors.ts'
import type { LockedLayer } from '../lock/types.ts'
import { hexOf } from '../oci/digest.ts'
import { abandonGrowing, completeGrowing, type Growing, openGrowing } from '../ostree/growing.ts'
import type { StepId } from '../plan/types.ts'
import { Unreachable } from './execute.ts'

/** Blobs that have arrived or will; `R` is what reading one early gives. */
export interface Arrivals<R> {
  /** A layer's blob, once it is complete. Throws Unreachable when its fetch failed. */
  wait(layer: LockedLayer): Promise<Arrived<R>>
  /** A file on its way, which is the blob of one of these layers. */
  growing(path: string, layers: readonly LockedLayer[], fetch: StepId): void
  arrived(layer: LockedLayer, path: string): void
  /** What a fetch has written and what has not arrived is not written to any more. */
  stopped(fetch: StepId): void
  failed(layers: readonly LockedLayer[], fetch: StepId): void
}

/** A blob that is complete. */
export interface Arrived<R> {
  readonly path: string
  /** What comes of reading it since before it was complete; undefined where nobody does. */
  readonly early: R | undefined
}

/** Begins to read a file that grows, and closes it in the end. `size`: bytes of the largest blob that it could be. */
export type ReadEarly<R> = (
  growing: Growing,
  size: number,
) => { readonly result: R; readonly ended: Promise<unknown> }

interface Early<R> {
  readonly growing: Growing
  readonly inode: string
  readonly fetch: StepId
  readonly result: R
}

interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: Unreachable): void
}

/** Bytes from which on it pays to read a blob before it is complete. */
const LARGE = 8 << 20

/**
 * Nothing has arrived yet but what lies in the blob folder from an earlier, interrupted apply. One file at a time is read
 * while it grows: whose blob it is shows when it is complete.
 */
export function arrivalsIn<R>(blobs: string, readEarly: ReadEarly<R>): Arrivals<R> {
  const expected = new Map<string, Deferred<Arrived<R>>>()
  const tried = new Set<string>()
  let early: Early<R> | undefined
  const of = ({ digest }: LockedLayer) => {
    const known = expected.get(digest)
    if (known !== undefined) return known
    const arrival = deferred<Arrived<R>>()
    expected.set(digest, arrival)
    const path = join(blobs, 'sha256', hexOf(digest))
    if (existsSync(path)) arrival.resolve({ path, early: undefined })
    return arrival
  }
  const begin = (growing: Growing, size: number, fetch: StepId) => {
    const { result, ended } = readEarly(growing, size)
    const begun = { growing, inode: inodeOf(fstatSync(growing.fd)), fetch, result }
    early = begun
    const end = () => {
      if (early === begun) early = undefined
    }
    ended.then(end, end)
  }
  const stopped = (fetch: StepId) => {
    if (early?.fetch === fetch) abandonGrowing(early.growing)
  }
  return {
    wait: layer => of(layer).promise,
    growing(path, layers, fetch) {
      const size = Math.max(...layers.map(layer => layer.size))
      const isGzip = layers.every(({ mediaType }) => mediaType.endsWith('gzip'))
      if (early !== undefined || size < LARGE || !isGzip || tried.has(path)) return
      tried.add(path)
      const growing = openIfThere(path)
      if (growing !== undefined) begin(growing, size, fetch)
    },
    arrived(layer, path) {
      const isEarly = early !== undefined && inodeOf(statSync(path)) === early.inode
      if (isEarly) completeGrowing(early!.growing)
      of(layer).resolve({ path, early: isEarly ? early!.result : undefined })
    },
    stopped,
    failed(layers, fetch) {
      stopped(fetch)
      for (const layer of layers) of(layer).reject(new Unreachable(fetch))
    },
  }
}

function inodeOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`
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
