/** A fetch observer that remembers what it was told. */
import { basename } from 'node:path'
import type { FetchObserver } from '../../src/source/types.ts'

export interface Remembered extends FetchObserver {
  /** Digests of layers that arrived, in that order. */
  readonly layers: string[]
  readonly paths: string[]
  readonly bytes: number[]
}

/** Remembers all, and does something when a layer arrives. */
export function remember(onArrival: () => void = () => {}): Remembered {
  const told: Remembered = {
    layers: [],
    paths: [],
    bytes: [],
    progress(bytes) {
      told.bytes.push(bytes)
    },
    arrived(layer, path) {
      told.layers.push(layer.digest)
      told.paths.push(path)
      onArrival()
    },
  }
  return told
}

/** The hexadecimal digits that the blobs are named by, sorted. */
export function names(told: Remembered): readonly string[] {
  return told.paths.map(path => basename(path)).sort()
}
