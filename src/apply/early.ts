/** Layers that are read while their blobs arrive. */
import { closeGrowing, type Growing } from '../ostree/growing.ts'
import type { ImportedLayer } from '../ostree/import-layer.ts'
import { inTurn } from '../sys/in-turn.ts'
import type { ReadEarly } from './arrivals.ts'
import type { Work } from './work.ts'

/** A layer that was read while it arrived; undefined where that did not work out, whatever the reason. */
export interface EarlyRead {
  readonly read: Promise<ImportedLayer | undefined>
  /** When that began, as `Work.now` tells. */
  readonly began: number
  /** Who wants to know from now on how many bytes of the blob have been read. */
  tell(progress: (bytes: number) => void): void
}

/** Reads blobs early when there is room for one more import. */
export function earlyReader(work: Work): ReadEarly<EarlyRead> {
  return (growing, size) => {
    let progress = (_bytes: number) => {}
    const read = readEarly(work, growing, size, bytes => progress(bytes))
    const tell = (listener: typeof progress) => {
      progress = listener
    }
    return { result: { read, began: work.now(), tell }, ended: read }
  }
}

async function readEarly(
  { readers, stage, limits, signal, imports }: Work,
  growing: Growing,
  size: number,
  progress: (bytes: number) => void,
): Promise<ImportedLayer | undefined> {
  const blob = {
    path: 'a blob',
    name: 'a blob',
    compression: 'gzip',
    size,
    ratio: limits.ratio,
    growing,
  } as const
  try {
    return await inTurn(imports, leave => readers.read({ blob, stage, limits, signal, progress, leave }))
  } catch {
    signal.throwIfAborted()
    return undefined
  } finally {
    closeGrowing(growing)
  }
}
