/** Brings an image's missing layers into the blob folder, each of them once. */
import { lstat, rm } from 'node:fs/promises'
import { CtrbuildError } from '../errors.ts'
import type { LockedImage, LockedLayer } from '../lock/types.ts'
import type { ImageSpec } from '../spec/types.ts'
import { watchArrivals } from './arrivals.ts'
import { type BlobFolder, namesOf } from './blob-folder.ts'
import type { Claimed, Claims } from './claims.ts'
import { newProgress, type Progress } from './progress.ts'
import { blobPath } from './read-documents.ts'
import { copyArgv } from './skopeo-argv.ts'
import { runSkopeo, type SkopeoOptions } from './skopeo-run.ts'
import { putPlaceholder, type Staging, withStaging } from './staging.ts'
import type { FetchObserver } from './types.ts'

/** What all fetches of one source share. */
export interface FetchContext {
  readonly options: SkopeoOptions
  readonly folder: BlobFolder
  readonly claims: Claims
}

/** One image to fetch layers of. */
export interface FetchJob {
  readonly image: ImageSpec
  readonly locked: LockedImage
  readonly layers: readonly LockedLayer[]
  readonly observer: FetchObserver
  readonly signal: AbortSignal
}

/** Milliseconds without a byte after which a registry counts as gone. */
const PATIENCE = 120_000

/**
 * Brings layers until none is missing: those that nobody fetches are fetched here, for the others it waits, and takes
 * over where whoever fetched them failed.
 */
export async function fetchLayers(context: FetchContext, job: FetchJob): Promise<void> {
  const progress = newProgress(job.layers, job.observer)
  try {
    while (progress.missing().length > 0) await fetchOnce(context, job, progress)
  } finally {
    progress.end()
  }
}

async function fetchOnce(context: FetchContext, job: FetchJob, progress: Progress): Promise<void> {
  const mine: LockedLayer[] = []
  const theirs: Promise<void>[] = []
  for (const layer of progress.missing()) {
    const claimed = context.claims.take(layer.digest)
    if (claimed === undefined) mine.push(layer)
    else theirs.push(takeOver(claimed, layer, progress))
  }
  await fetchClaimed(context, job, mine, progress)
  await orAborted(Promise.all(theirs), job.signal)
}

async function takeOver(claimed: Claimed, layer: LockedLayer, progress: Progress): Promise<void> {
  const path = await claimed
  if (path !== undefined) progress.arrived(layer, path)
}

async function orAborted(waiting: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  // A signal of its own: many may wait, and Node warns of more than ten listeners on one.
  const own = AbortSignal.any([signal])
  await new Promise<void>(resolve => {
    own.addEventListener('abort', () => resolve())
    waiting.then(() => resolve())
  })
  signal.throwIfAborted()
}

/** Fetches what is claimed. Every claim is settled when it returns or throws. */
async function fetchClaimed(
  context: FetchContext,
  job: FetchJob,
  mine: readonly LockedLayer[],
  progress: Progress,
): Promise<void> {
  const open = new Set(mine)
  const arrived = (layer: LockedLayer, path: string) => {
    open.delete(layer)
    context.claims.settle(layer.digest, path)
    progress.arrived(layer, path)
  }
  try {
    for (const layer of mine) {
      const path = (await context.folder.find(layer)) ?? (await fromLayout(context, job.image, layer))
      if (path !== undefined) arrived(layer, path)
    }
    if (open.size > 0) await copy(context, job, { layers: [...open], progress, arrived })
    if (open.size > 0) throw changed(job, open.size)
  } finally {
    for (const layer of open) context.claims.settle(layer.digest, undefined)
  }
}

/** An OCI layout on the same file system has the blobs as they are wanted: they are linked, not copied. */
async function fromLayout(
  context: FetchContext,
  image: ImageSpec,
  layer: LockedLayer,
): Promise<string | undefined> {
  if (image.reference.transport !== 'oci') return undefined
  const file = blobPath(context.options.base, image.reference, layer.digest)
  try {
    return (await lstat(file)).isFile() ? await context.folder.adopt(layer, layer.digest, file) : undefined
  } catch (error) {
    if (error instanceof CtrbuildError && error.code === 'DIGEST_MISMATCH') throw error
    return undefined
  }
}

interface Wanted {
  readonly layers: readonly LockedLayer[]
  readonly progress: Progress
  arrived(layer: LockedLayer, path: string): void
}

async function copy(context: FetchContext, job: FetchJob, wanted: Wanted): Promise<void> {
  const { options, folder } = context
  const { image, locked, signal } = job
  const isRegistry = image.reference.transport === 'docker'
  await withStaging(folder.path, options.base, async staging => {
    await standIn(staging, locked, wanted.layers)
    const argv = copyArgv(image, isRegistry ? locked.manifest.digest : image.reference.digest, staging.to)
    const watch = {
      ...wanted,
      isVerbatim: isRegistry,
      staging,
      folder,
      patience: isRegistry ? (options.patience ?? PATIENCE) : Number.POSITIVE_INFINITY,
    }
    const call = { image, argv, signal, temporary: staging.temporary }
    await runSkopeo(options, call, async run => {
      await rm(staging.layout, { recursive: true, force: true })
      return watchArrivals(watch, signal, run)
    })
  })
}

/** Puts placeholders for all layers that are not wanted, by each name that skopeo may know them by. */
async function standIn(staging: Staging, locked: LockedImage, wanted: readonly LockedLayer[]): Promise<void> {
  const names = new Set<string>(locked.layers.flatMap(namesOf))
  for (const name of wanted.flatMap(namesOf)) names.delete(name)
  for (const name of names) await putPlaceholder(staging, name)
}

function changed(job: FetchJob, missing: number): CtrbuildError {
  const { reference } = job.image
  return new CtrbuildError(
    'DIGEST_MISMATCH',
    `${reference.text} does not have ${missing} of the layers that its lock names`,
    {
      hint: 'The image changed since it was locked: run "ctrbuild lock --upgrade"',
    },
  )
}
