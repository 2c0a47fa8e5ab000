/** A worker thread's entry: decompresses a blob into a ring, reads a layer from one, links or checks objects, one request at a time. */
import { parentPort, threadId } from 'node:worker_threads'
import { CtrbuildError, type ErrorCode } from '../errors.ts'
import type { TarLimits } from '../oci/tar/limits.ts'
import { diskError } from '../sys/failure.ts'
import type { ByteString } from '../tree/node.ts'
import { faultOf } from './check-object.ts'
import { type EntryBatch, entryBatches } from './entry-batches.ts'
import { type CompressedBlob, type Inflated, inflate } from './inflate.ts'
import type { ObjectName } from './inventory.ts'
import { type LinkJob, linkObjects, type Refusal } from './link-objects.ts'
import { type ObjectWriter, objectWriter } from './object-writer.ts'
import { readEntries } from './read-layer.ts'
import { abortRing, type Ring, RingClosed, takeFrom } from './ring.ts'
import type { Stage } from './stage.ts'
import type { Repo } from './types.ts'

/** What a worker is asked. */
export type Request =
  | { readonly kind: 'inflate'; readonly ring: Ring; readonly blob: CompressedBlob }
  | { readonly kind: 'read'; readonly ring: Ring; readonly stage: Stage; readonly limits: TarLimits }
  | { readonly kind: 'link'; readonly job: LinkJob }
  | { readonly kind: 'check'; readonly repo: Repo; readonly names: readonly ObjectName[] }

/** What it says: how far it is and what it has read, and once per request how that ended. */
export type Answer =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'entries'; readonly batch: EntryBatch }
  | { readonly kind: 'inflated'; readonly inflated: Inflated; readonly took: ThreadTime }
  | { readonly kind: 'read'; readonly droppedXattrs: readonly ByteString[]; readonly took: ThreadTime }
  | { readonly kind: 'linked'; readonly refusals: readonly Refusal[] }
  | { readonly kind: 'checked'; readonly faults: readonly (readonly [ObjectName, string])[] }
  | ({ readonly kind: 'failed' } & Failure)

/** When a thread did its part of a layer. */
export interface ThreadTime {
  readonly name: string
  readonly thread: number
  /** Milliseconds since 1970, with fractions. */
  readonly began: number
  readonly ended: number
  readonly details: { readonly 'waited ms': number }
}

/** An error on its way to the main thread. */
export interface Failure {
  /** The other side of the ring gave up, and has the reason. */
  readonly isEcho: boolean
  readonly code: ErrorCode | undefined
  readonly message: string
  readonly hint: string | undefined
}

/** What this thread knows of the stage that it wrote to last. */
let writer: ObjectWriter | undefined

parentPort?.on('message', async (request: Request) => {
  say(await answer(request))
})

async function answer(request: Request): Promise<Answer> {
  try {
    return await perform(request)
  } catch (error) {
    if ('ring' in request) abortRing(request.ring)
    return failed(error, request)
  }
}

async function perform(request: Request): Promise<Answer> {
  if (request.kind === 'check') return { kind: 'checked', faults: faultsAmong(request.repo, request.names) }
  if (request.kind === 'link') return { kind: 'linked', refusals: linkObjects(request.job) }
  const began = clock()
  const took = (name: string): ThreadTime => ({
    name,
    thread: threadId,
    began,
    ended: clock(),
    details: { 'waited ms': Math.round(request.ring.waited) },
  })
  if (request.kind === 'read') {
    const { ring, stage, limits } = request
    if (writer?.stage.path !== stage.path) writer = objectWriter(stage)
    const batches = entryBatches(batch => say({ kind: 'entries', batch }))
    const droppedXattrs = readEntries(takeFrom(ring), limits, writer, batches.add)
    batches.end()
    return { kind: 'read', droppedXattrs, took: took('read') }
  }
  const progress = (bytes: number) => say({ kind: 'progress', bytes })
  const inflated = await inflate(request.blob, request.ring, progress)
  return { kind: 'inflated', inflated, took: took('inflate') }
}

function say(answer: Answer): void {
  parentPort!.postMessage(answer)
}

function clock(): number {
  return performance.timeOrigin + performance.now()
}

function faultsAmong(repo: Repo, names: readonly ObjectName[]): (readonly [ObjectName, string])[] {
  return names.flatMap(name => {
    const fault = faultOf(repo, name)
    return fault === undefined ? [] : [[name, fault] as const]
  })
}

function failed(raw: unknown, request: Request): Answer {
  const error = diskError(raw, doing(request)) as Error
  const { code, hint } = error instanceof CtrbuildError ? error : { code: undefined, hint: undefined }
  return { kind: 'failed', isEcho: raw instanceof RingClosed, code, message: error.message, hint }
}

function doing(request: Request): string {
  switch (request.kind) {
    case 'read':
      return `cannot write to the store ${request.stage.repo.path}`
    case 'inflate':
      return `cannot read ${request.blob.path}`
    case 'link':
      return `cannot write to ${request.job.destination}`
    case 'check':
      return `cannot read the store ${request.repo.path}`
    default:
      return request satisfies never
  }
}
