/** The worker threads that read layers: started when first needed, kept while layers come. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { CtrbuildError } from '../errors.ts'
import type { TarLimits } from '../oci/tar/limits.ts'
import type { ReadLayer } from './read-layer.ts'
import { abortRing, createRing, endRing, fill } from './ring.ts'
import type { Stage } from './stage.ts'
import type { ReadAnswer, ReadRequest } from './worker.ts'

/** Threads that read layers. */
export interface Readers {
  /**
   * Reads one layer's uncompressed bytes in a thread of its own, at the same time as `chunks` makes them.
   * @throws what `chunks` throws, else what readLayer throws
   */
  read(chunks: AsyncIterable<Buffer>, stage: Stage, limits: TarLimits): Promise<ReadLayer>
  /** Ends all threads. */
  close(): Promise<void>
}

/** As many threads as layers are read at once; the caller limits that. */
export function startReaders(): Readers {
  const idle: Worker[] = []
  const all: Worker[] = []
  return {
    async read(chunks, stage, limits) {
      const worker = idle.pop() ?? startWorker(all)
      const layer = await readIn(worker, chunks, stage, limits)
      idle.push(worker)
      return layer
    },
    async close() {
      await Promise.all(all.map(worker => worker.terminate()))
    },
  }
}

function startWorker(all: Worker[]): Worker {
  // Beside the bundled program; no environment and no flags of the main thread are of use to it.
  const worker = new Worker(new URL('./worker.js', import.meta.url), { env: {}, execArgv: [] })
  worker.unref()
  all.push(worker)
  return worker
}

async function readIn(
  worker: Worker,
  chunks: AsyncIterable<Buffer>,
  stage: Stage,
  limits: TarLimits,
): Promise<ReadLayer> {
  const ring = createRing()
  const answered = answerOf(worker)
  // A thread that died takes nothing out of the ring any more.
  answered.catch(() => abortRing(ring))
  worker.postMessage({ ring, stage, limits } satisfies ReadRequest)
  try {
    for await (const chunk of chunks) if (!(await fill(ring, chunk))) break
    await endRing(ring)
  } catch (error) {
    abortRing(ring)
    await answered.catch(() => undefined)
    throw error
  }
  const answer = await answered
  if (answer.ok) return answer.layer
  const { code, message, hint } = answer
  throw code === undefined
    ? new Error(message)
    : new CtrbuildError(code, message, hint === undefined ? {} : { hint })
}

/**
 * The worker's next message.
 * @throws what the worker died of
 */
async function answerOf(worker: Worker): Promise<ReadAnswer> {
  const over = new AbortController()
  worker.ref()
  try {
    const [answer] = await Promise.race([
      once(worker, 'message', { signal: over.signal }),
      once(worker, 'exit', { signal: over.signal }).then(ended),
    ])
    return answer as ReadAnswer
  } finally {
    over.abort()
    worker.unref()
  }
}

function ended([status]: unknown[]): never {
  throw new Error(`a thread that reads layers ended with status ${status}`)
}
