/** Fetching blobs and importing layers: each layer is imported as soon as its blob has arrived. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LockedLayer } from '../lock/types.ts'
import { hexOf } from '../oci/digest.ts'
import { compressionOf } from '../oci/media-types.ts'
import { commitLayer } from '../ostree/commit-layer.ts'
import {
  type ImportContext,
  type ImportedLayer,
  importLayer,
  type LayerBlob,
} from '../ostree/import-layer.ts'
import type { FetchStep, ImportStep } from '../plan/types.ts'
import type { Trace } from '../report/trace.ts'
import { inTurn } from '../sys/in-turn.ts'
import { display } from '../tree/node.ts'
import { countTree } from '../tree/stats.ts'
import type { Arrivals } from './arrivals.ts'
import type { EarlyRead } from './early.ts'
import { isOfImage } from './failures.ts'
import { imageOf, type Work } from './work.ts'

/** Performs a fetch step. */
export async function fetchLayers(work: Work, arrivals: Arrivals<EarlyRead>, step: FetchStep): Promise<void> {
  const image = imageOf(work, step.image)
  const name = image.locked.reference
  const began = work.now()
  const observer = {
    progress: (bytes: number) =>
      work.reporter.event({ kind: 'fetch', image: name, bytes, total: step.bytes }),
    growing: (path: string, layers: readonly LockedLayer[]) => arrivals.growing(path, layers, step.id),
    stopped: () => arrivals.stopped(step.id),
    arrived: (layer: LockedLayer, path: string) => arrivals.arrived(layer, path),
  }
  try {
    await work.network(() => work.source.fetch(image.spec, image.locked, step.layers, observer, work.signal))
  } catch (error) {
    arrivals.failed(step.layers, step.id)
    throw error
  }
  work.reporter.event({
    kind: 'fetched',
    image: name,
    bytes: step.bytes,
    seconds: (work.now() - began) / 1000,
  })
}

/**
 * Performs an import step, when its blob has arrived. What was read early counts where it is right; if something is wrong
 * with it, the whole blob is read, and what is wrong is said there.
 */
export async function importStep(
  work: Work,
  arrivals: Arrivals<EarlyRead>,
  step: ImportStep,
  trace: Trace,
): Promise<void> {
  const { layer } = step
  const { path, early } = await trace.span('wait for its blob', () => arrivals.wait(layer))
  const progress = progressOf(work, step)
  early?.tell(progress)
  const read = early && (await trace.span('import as it arrives', () => early.read))
  if (read !== undefined && isLayer(layer, read, work.limits.ratio))
    return await finishImport(work, step, read, early!.began, trace)
  await inTurn(work.imports, leave =>
    trace.span('import', async inside => {
      const began = work.now()
      const read = await importBlob(work, step, path, { progress, leave })
      await finishImport(work, step, read, began, inside)
    }),
  )
}

function isLayer(layer: LockedLayer, read: ImportedLayer, ratio: number): boolean {
  const isSame = read.digest === layer.digest && read.diffId === layer.diffId
  return isSame && read.uncompressedSize <= layer.size * ratio
}

function aboutOf(work: Work, { layer, image }: ImportStep) {
  return { layer: hexOf(layer.diffId).slice(0, 12), image: imageOf(work, image).locked.reference }
}

function progressOf(work: Work, step: ImportStep): (bytes: number) => void {
  const about = { kind: 'import', ...aboutOf(work, step), total: step.layer.size } as const
  return bytes => work.reporter.event({ ...about, bytes })
}

async function importBlob(
  work: Work,
  step: ImportStep,
  path: string,
  told: Pick<ImportContext, 'progress' | 'leave'>,
): Promise<ImportedLayer> {
  const { writer, readers, limits, signal } = work
  const { layer } = step
  const name = aboutOf(work, step).layer
  const blob: LayerBlob = { path, name, ...layer, compression: compressionOf(layer.mediaType) }
  try {
    return await importLayer(blob, { writer, readers, limits, signal, ...told })
  } catch (error) {
    // Not removed here: another image may say that the same blob is another layer, and be reading it.
    if (isOfImage(error)) work.spoiled.add(path)
    throw error
  }
}

/** Commits a layer that was read. */
async function finishImport(
  work: Work,
  step: ImportStep,
  read: ImportedLayer,
  began: number,
  trace: Trace,
): Promise<void> {
  // It keeps this thread busy: the other threads get the next layer first.
  await nextTurn()
  const { writer, refs, reporter } = work
  const { layer } = step
  const about = aboutOf(work, step)
  for (const span of read.threads) trace.add(span)
  const committed = trace.now('commit', () => commitLayer(writer, layer, read))
  for (const [ref, checksum] of committed) refs.set(ref, checksum)
  work.layers.set(layer.diffId, read.root)
  warnOdd(work, about.image, read)
  const seconds = (work.now() - began) / 1000
  const { entries } = countTree(read.root)
  reporter.event({ kind: 'imported', ...about, bytes: layer.size, entries, seconds })
}

/**
 * Devices, FIFOs and sockets come from the runtime, not from an image; labels are the host's business. A whiteout with
 * content may have been meant as a file.
 */
function warnOdd({ reporter }: Work, image: string, layer: ImportedLayer): void {
  const warn = (code: string, what: string, names: readonly string[]) => {
    if (names.length === 0) return
    reporter.event({ kind: 'warning', code, message: `${image}: ${what}: ${firstOf(names)}` })
  }
  const specials = layer.dropped.map(({ path, type }) => `${display(path)} (${type})`)
  warn('SPECIAL_DROPPED', 'special files are left out', specials)
  warn('XATTR_DROPPED', 'extended attributes are left out', layer.droppedXattrs.map(display))
  warn('WHITEOUT_ODD', 'not empty files, but whiteouts all the same', layer.oddWhiteouts.map(display))
}

function firstOf(names: readonly string[]): string {
  const more = names.length > 3 ? ` and ${names.length - 3} more` : ''
  return names.slice(0, 3).join(', ') + more
}
