/** Bytes that grow while a GVariant is put together. */

/** The first `length` of `bytes` count. */
export interface Sink {
  bytes: Buffer
  length: number
}

/** Makes room for `count` bytes and returns where they go. `sink.bytes` may be another buffer afterwards. */
export function grow(sink: Sink, count: number): number {
  const at = sink.length
  const needed = at + count
  if (needed > sink.bytes.length) {
    const larger = Buffer.alloc(Math.max(needed, sink.bytes.length * 2))
    sink.bytes.copy(larger, 0, 0, at)
    sink.bytes = larger
  }
  sink.length = needed
  return at
}

/** Pads with zero bytes. Containers start aligned, so positions in the whole decide as positions in the container do. */
export function align(sink: Sink, alignment: number): void {
  const start = sink.length
  const padding = padded(start, alignment) - start
  if (padding === 0) return
  grow(sink, padding)
  sink.bytes.fill(0, start, sink.length)
}

/** The first multiple of the alignment from a position on. */
export function padded(at: number, alignment: number): number {
  return Math.ceil(at / alignment) * alignment
}
