/** Watches what skopeo brings: which blobs are complete, and how much of the others is there. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isErrno } from '../errors.ts'
import type { LockedLayer } from '../lock/types.ts'
import { hexOf } from '../oci/digest.ts'
import { type BlobFolder, namesOf } from './blob-folder.ts'
import type { Progress } from './progress.ts'
import type { Staging } from './staging.ts'

/** Milliseconds between looks: what importing a layer may start later than it could. */
const INTERVAL = 10
/** Bytes from which on a file on its way is a layer's: skopeo brings the configuration in the same way. */
const TELLING = 1 << 20

/** What is watched for. */
export interface Watch {
  readonly staging: Staging
  readonly layers: readonly LockedLayer[]
  readonly folder: BlobFolder
  readonly progress: Progress
  /** Told once for each layer that is complete. */
  arrived(layer: LockedLayer, path: string): void
  /** True where blobs come as they are: what skopeo reads from archives it may write otherwise. */
  readonly isVerbatim: boolean
  /** Milliseconds without a byte after which `work` is stopped. */
  readonly patience: number
}

/**
 * Does the work, looking from time to time and once more when it ended, however it did.
 * Undefined where it was stopped because nothing moved.
 */
export async function watchArrivals<T>(
  watch: Watch,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const stop = new AbortController()
  const working = work(AbortSignal.any([signal, stop.signal]))
  const ended = working.then(isTrue, isTrue)
  const waiting = new Set(watch.layers)
  let isStalled = false
  try {
    isStalled = await lookUntil(ended, watch, waiting)
  } finally {
    stop.abort()
    await ended
  }
  try {
    await look(watch, waiting)
  } finally {
    watch.progress.stopped()
  }
  return isStalled ? undefined : working
}

function isTrue(): boolean {
  return true
}

/** True where nothing moved for too long. */
async function lookUntil(ended: Promise<boolean>, watch: Watch, waiting: Set<LockedLayer>): Promise<boolean> {
  let idle = 0
  let bytes = 0
  while (!(await Promise.race([ended, sleep(INTERVAL, false)]))) {
    const now = await look(watch, waiting)
    idle = now === bytes ? idle + INTERVAL : 0
    bytes = now
    if (idle > watch.patience) return true
  }
  return false
}

/** Takes in what is complete, and counts the bytes of what is not. */
async function look(watch: Watch, waiting: Set<LockedLayer>): Promise<number> {
  const there = new Set(await readdir(watch.staging.sha256))
  for (const layer of waiting) {
    const name = namesOf(layer).find(digest => there.has(hexOf(digest)))
    if (name === undefined) continue
    waiting.delete(layer)
    watch.arrived(layer, await watch.folder.adopt(layer, name, join(watch.staging.sha256, hexOf(name))))
  }
  const files = await filesOnTheWay(watch.staging.layout)
  if (watch.isVerbatim && waiting.size > 0) {
    const [largest] = files.toSorted((a, b) => b.size - a.size)
    if (largest !== undefined && largest.size >= TELLING) watch.progress.growing(largest.path, [...waiting])
  }
  const partial = files.reduce((sum, { size }) => sum + size, 0)
  watch.progress.partial(partial)
  return partial
}

interface OnTheWay {
  readonly path: string
  /** Bytes so far. */
  readonly size: number
}

async function filesOnTheWay(layout: string): Promise<OnTheWay[]> {
  const names = (await unlessGone(readdir(layout))) ?? []
  const paths = names.filter(name => name.startsWith('oci-put-blob')).map(name => join(layout, name))
  const files = await Promise.all(
    paths.map(async path => ({ path, size: (await unlessGone(stat(path)))?.size ?? 0 })),
  )
  return files.filter(({ size }) => size > 0)
}

/** A file on its way is renamed when it is complete. */
async function unlessGone<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch(error => {
    if (!isErrno(error, 'ENOENT')) throw error
    return undefined
  })
}
