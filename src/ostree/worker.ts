/** A worker thread's entry: reads layers from rings into a stage, one at a time. */
import { parentPort } from 'node:worker_threads'
import { CtrbuildError, type ErrorCode } from '../errors.ts'
import type { TarLimits } from '../oci/tar/limits.ts'
import { diskError } from '../sys/failure.ts'
import { objectWriter } from './object-writer.ts'
import { type ReadLayer, readLayer } from './read-layer.ts'
import { abortRing, type Ring, takeFrom } from './ring.ts'
import type { Stage } from './stage.ts'

/** What a worker is asked: read the tar that comes through the ring. */
export interface ReadRequest {
  readonly ring: Ring
  readonly stage: Stage
  readonly limits: TarLimits
}

/** What it answers, once per request. */
export type ReadAnswer =
  | { readonly ok: true; readonly layer: ReadLayer }
  | {
      readonly ok: false
      readonly code: ErrorCode | undefined
      readonly message: string
      readonly hint: string | undefined
    }

parentPort?.on('message', (request: ReadRequest) => {
  parentPort!.postMessage(answer(request))
})

function answer({ ring, stage, limits }: ReadRequest): ReadAnswer {
  try {
    return { ok: true, layer: readLayer(takeFrom(ring), limits, objectWriter(stage)) }
  } catch (raw) {
    abortRing(ring)
    const error = diskError(raw, `cannot write to the store ${stage.repo.path}`) as Error
    const { code, hint } = error instanceof CtrbuildError ? error : { code: undefined, hint: undefined }
    return { ok: false, code, message: error.message, hint }
  }
}
