/**
 * The worker threads that read layers and check objects, started when first needed and kept while layers come: for each layer one that
 * decompresses its blob, and one that reads what comes out.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import pLimit from 'p-limit'
import { CtrbuildError } from '../errors.ts'
import type { TarLimits } from '../oci/tar/limits.ts'
import { inTurn, type Limit } from '../sys/in-turn.ts'
import { createLayer } from '../tree/layer.ts'
import { entriesOf } from './entry-batches.ts'
import { untilStarving } from './growing.ts'
import type { CompressedBlob, Inflated } from './inflate.ts'
import type { ObjectName } from './inventory.ts'
import type { LinkJob, Refusal } from './link-objects.ts'
import type { ReadLayer } from './read-layer.ts'
import { abortRing, createRing, type Ring } from './ring.ts'
import type { Stage } from './stage.ts'
import type { Repo } from './types.ts'
import type { Answer, Failure, Request, ThreadTime } from './worker.ts'

/** A layer to be read, and who wants to know about it. */
export interface Reading {
  readonly blob: CompressedBlob
  readonly stage: Stage
  readonly limits: TarLimits
  readonly signal: AbortSignal
  /** Told how many bytes of the blob have been read. */
  progress(bytes: number): void
  /** Told when the next layer may begin: this one's blob is decompressed, or comes more slowly than it is read. */
  leave?(): void
}

/** When threads did what. */
export interface Threads {
  readonly threads: readonly ThreadTime[]
}

/** Threads that read layers. */
export interface Readers {
  /**
   * Decompresses and reads one layer; its tree is made here, while the threads go on.
   * @throws CtrbuildError as inflate and readLayer; whatever `signal` was aborted with
   */
  read(reading: Reading): Promise<ReadLayer & Inflated & Threads>
  /**
   * Holds objects against their checksums, and says what is wrong with some.
   * @throws CtrbuildError DISK, PERMISSION
   */
  check(repo: Repo, names: readonly ObjectName[]): Promise<readonly (readonly [ObjectName, string])[]>
  /**
   * Links objects.
   * @throws CtrbuildError as linkObjects
   */
  link(job: LinkJob): Promise<readonly Refusal[]>
  /** Starts the two threads of so many layers, so that they are ready when these come. */
  getReady(layers: number): void
  /** Ends all threads. */
  close(): Promise<void>
}

/** Milliseconds that threads may take to end. */
const GRACE = 1000

/**
 * Threads for so many layers at once: one for each that decompresses, as the caller sees to, and one that reads, which
 * may be busy with an earlier layer still.
 */
export function startReaders(layers: number): Readers {
  const reads = pLimit(layers)
  const idle: Worker[] = []
  const all: Worker[] = []
  const start = () => {
    const worker = startWorker()
    all.push(worker)
    // Whoever asked it hears of that too; a thread that nobody asked is not asked any more.
    worker.on('error', () => drop(idle, worker))
    return worker
  }
  const ask = async (request: Request, hear?: (answer: Underway) => void): Promise<Ending> => {
    const worker = idle.pop() ?? start()
    const answer = await answerOf(worker, request, hear)
    idle.push(worker)
    return answer
  }
  return {
    read: reading => readWith({ ask, reads }, reading),
    async check(repo, names) {
      const answer = await ask({ kind: 'check', repo, names })
      if (answer.kind === 'checked') return answer.faults
      throw firstFailure(answer)
    },
    async link(job) {
      const answer = await ask({ kind: 'link', job })
      if (answer.kind === 'linked') return answer.refusals
      throw firstFailure(answer)
    },
    getReady(layers) {
      while (idle.length < 2 * layers) idle.push(start())
    },
    async close() {
      const ended = Promise.all(all.map(worker => worker.terminate()))
      // A thread that could not start, for want of open files, may never tell that it ended.
      await Promise.race([ended, sleep(GRACE)])
    },
  }
}

function drop(workers: Worker[], worker: Worker): void {
  const at = workers.indexOf(worker)
  if (at >= 0) workers.splice(at, 1)
}

function startWorker(): Worker {
  // Beside the bundled program; no flags of the main thread are of use to it.
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  })
  worker.unref()
  return worker
}

/** What a thread says before it is done. */
type Underway = Extract<Answer, { kind: 'progress' | 'entries' }>
type Ending = Exclude<Answer, Underway>

interface Asking {
  ask(request: Request, hear?: (answer: Underway) => void): Promise<Ending>
  /** Runs what reads, so many at once as there are threads for that. */
  readonly reads: Limit
}

async function readWith(
  { ask, reads }: Asking,
  { blob, stage, limits, signal, progress, leave = () => undefined }: Reading,
): Promise<ReadLayer & Inflated & Threads> {
  const ring = createRing()
  const stop = () => abortRing(ring)
  const layer = createLayer(limits)
  let refusal: unknown
  const take = entriesOf(layer.add)
  const hear = (answer: Underway) => {
    if (answer.kind === 'progress') return progress(answer.bytes)
    try {
      take(answer.batch)
    } catch (error) {
      refusal ??= error
      stop()
    }
  }
  signal.addEventListener('abort', stop)
  try {
    const inflating = closing(ring, ask({ kind: 'inflate', ring, blob }, hear)).finally(leave)
    const reading = inTurn(reads, leaveReads => {
      const answer = closing(ring, ask({ kind: 'read', ring, stage, limits }, hear))
      // Nobody waits for the network but who must.
      if (blob.growing !== undefined) untilStarving(blob.growing, answer).then(leave).then(leaveReads)
      return answer
    })
    const [inflated, read] = await Promise.all([inflating, reading])
    if (refusal !== undefined) throw refusal
    if (inflated.kind === 'inflated' && read.kind === 'read') {
      const threads = [inflated.took, read.took]
      return { ...layer.finish(), droppedXattrs: read.droppedXattrs, ...inflated.inflated, threads }
    }
    signal.throwIfAborted()
    throw firstFailure(inflated, read)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** A thread that died takes nothing out of the ring any more, and puts nothing in. */
function closing(ring: Ring, answer: Promise<Ending>): Promise<Ending> {
  answer.catch(() => abortRing(ring))
  return answer
}

/** The failure that was not caused by the other thread's. */
function firstFailure(...answers: Ending[]): Error {
  const failures = answers.filter((answer): answer is Ending & Failure => answer.kind === 'failed')
  const { code, message, hint } = failures.find(({ isEcho }) => !isEcho) ?? failures[0]!
  if (code === undefined) return new Error(message)
  return new CtrbuildError(code, message, hint === undefined ? {} : { hint })
}

/**
 * How a request ended.
 * @throws what the worker died of
 */
function answerOf(worker: Worker, request: Request, underway?: (answer: Underway) => void): Promise<Ending> {
  return new Promise<Ending>((resolve, reject) => {
    const over = () => {
      worker.off('message', hear).off('error', fail).off('exit', exit).unref()
    }
    const fail = (error: Error) => {
      over()
      reject(error)
    }
    const exit = (status: number) => fail(new Error(`a thread that reads layers ended with status ${status}`))
    const hear = (answer: Answer) => {
      if (answer.kind === 'progress' || answer.kind === 'entries') return underway?.(answer)
      over()
      resolve(answer)
    }
    worker.on('message', hear).on('error', fail).on('exit', exit).ref()
    worker.postMessage(request)
  })
}
