/** Counts the bytes of an image's missing layers, so that they only ever grow. */
import type { LockedLayer } from '../lock/types.ts'
import type { FetchObserver } from './types.ts'

export interface Progress {
  /** A layer is complete at `path`; told once for each layer. */
  arrived(layer: LockedLayer, path: string): void
  /** One of the layers grows at `path`. */
  growing(path: string, layers: readonly LockedLayer[]): void
  /** What grows is all that there will be of it. */
  stopped(): void
  /** Bytes of layers that are not complete yet. */
  partial(bytes: number): void
  /** Layers that have not arrived. */
  missing(): readonly LockedLayer[]
  /** Nothing is told any more, whatever still arrives. */
  end(): void
}

/** Nothing arrived yet. A layer that the image has twice is one. */
export function newProgress(layers: readonly LockedLayer[], observer: FetchObserver): Progress {
  const missing = new Map(layers.map(layer => [layer.digest, layer]))
  const total = sizeOf(missing.values())
  let complete = 0
  let told = -1
  const tell = (bytes: number) => {
    const next = Math.min(bytes, total)
    if (next <= told) return
    told = next
    observer.progress(next)
  }
  return {
    arrived(layer, path) {
      if (!missing.delete(layer.digest)) return
      complete += layer.size
      tell(complete)
      observer.arrived(layer, path)
    },
    growing: (path, layers) => observer.growing?.(path, layers),
    stopped: () => observer.stopped?.(),
    partial: bytes => tell(complete + bytes),
    missing: () => [...missing.values()],
    end() {
      missing.clear()
      told = Number.POSITIVE_INFINITY
    },
  }
}

function sizeOf(layers: Iterable<LockedLayer>): number {
  let bytes = 0
  for (const layer of layers) bytes += layer.size
  return bytes
}
