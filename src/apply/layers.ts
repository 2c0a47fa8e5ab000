/** Fetching blobs and importing layers: each layer is imported as soon as its blob has arrived. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LockedLayer } from '../lock/types.ts'
import { hexOf } from '../oci/digest.ts'
import { compressionOf } from '../oci/media-types.ts'
import { layerCommit, layerRef } from '../ostree/commits.ts'
import { closeGrowing, type Growing, isStarving } from '../ostree/growing.ts'
import { type ImportedLayer, importLayer, type LayerBlob } from '../ostree/import-layer.ts'
import { layerListingRef, putListing } from '../ostree/listings.ts'
import type { Checksum } from '../ostree/types.ts'
import { putCommit } from '../ostree/write.ts'
import type { FetchStep, ImportStep } from '../plan/types.ts'
import type { Trace } from '../report/trace.ts'
import { decodeListing } from '../tree/listing.ts'
import { type Dir, display } from '../tree/node.ts'
import type { Arrivals } from './arrivals.ts'
import { isOfImage } from './failures.ts'
import { imageOf, type Work } from './work.ts'

/** Milliseconds between looks whether an import waits for its blob. */
const LOOK = 20

/** Performs a fetch step. */
export async function fetchLayers(work: Work, arrivals: Arrivals, step: FetchStep): Promise<void> {
  const image = imageOf(work, step.image)
  const name = image.locked.reference
  const began = work.now()
  const observer = {
    progress: (bytes: number) =>
      work.reporter.event({ kind: 'fetch', image: name, bytes, total: step.bytes }),
    growing: (layer: LockedLayer, path: string) => arrivals.growing(layer, path),
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

/** Performs an import step, when its blob has arrived. */
export async function importStep(
  work: Work,
  arrivals: Arrivals,
  step: ImportStep,
  trace: Trace,
): Promise<void> {
  const early = await trace.span('wait for its blob', () => arrivals.waitEarly(step.layer))
  if (early !== undefined && (await importInTurn(work, step, early, trace))) return
  const path = await trace.span('wait for all of it', () => arrivals.wait(step.layer))
  await work.imports(() => trace.span('import', inside => importBlob(work, step, { path }, inside)))
}

/** Imports early when there is room for one more import; where the blob comes slowly, others need not wait for it. */
async function importInTurn(work: Work, step: ImportStep, growing: Growing, trace: Trace): Promise<boolean> {
  const { importing } = await work.imports(async () => {
    const started = { importing: importEarly(work, step, growing, trace) }
    await untilStarving(growing, started.importing)
    return started
  })
  return importing
}

async function untilStarving(growing: Growing, importing: Promise<unknown>): Promise<void> {
  let isOver = false
  const end = () => {
    isOver = true
  }
  const over = importing.then(end, end)
  while (!isOver && !isStarving(growing)) await Promise.race([over, sleep(LOOK)])
}

/**
 * Imports a layer while its blob arrives. False where that did not work out, whatever the reason: then it is imported
 * again from the whole blob, and if something is wrong with that, it is said there.
 */
async function importEarly(work: Work, step: ImportStep, growing: Growing, trace: Trace): Promise<boolean> {
  try {
    const blob = { path: `the blob of ${step.layer.digest}`, growing }
    await trace.span('import as it arrives', inside => importBlob(work, step, blob, inside))
    return true
  } catch {
    work.signal.throwIfAborted()
    return false
  } finally {
    closeGrowing(growing)
  }
}

async function importBlob(
  work: Work,
  { layer, image }: ImportStep,
  source: Pick<LayerBlob, 'path' | 'growing'>,
  trace: Trace,
): Promise<void> {
  const { writer, readers, limits, signal, reporter, refs } = work
  const name = hexOf(layer.diffId).slice(0, 12)
  const about = { layer: name, image: imageOf(work, image).locked.reference }
  const began = work.now()
  const progress = (bytes: number) => reporter.event({ kind: 'import', ...about, bytes, total: layer.size })
  const blob: LayerBlob = { ...source, name, ...layer, compression: compressionOf(layer.mediaType) }
  try {
    const imported = await importLayer(blob, { writer, readers, limits, signal, progress })
    for (const span of imported.threads) trace.add(span)
    refs.set(layerListingRef(layer.diffId), putListing(writer, imported.listing))
    refs.set(layerRef(layer.digest), putCommit(writer, layerCommit({ ...layer, ...imported })))
    const stored = (dir: Dir, tree: string) => writer.stored.set(dir, tree as Checksum)
    work.layers.set(layer.diffId, decodeListing(imported.listing, `layer ${name}`, stored))
    warnOdd(work, about.image, imported)
    const seconds = (work.now() - began) / 1000
    reporter.event({
      kind: 'imported',
      ...about,
      bytes: layer.size,
      entries: imported.stats.entries,
      seconds,
    })
  } catch (error) {
    // Not removed here: another image may say that the same blob is another layer, and be reading it.
    if (isOfImage(error) && source.growing === undefined) work.spoiled.add(source.path)
    throw error
  }
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
