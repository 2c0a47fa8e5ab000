/**
 * Performs a plan. Everything new is made beside what is there: objects in a stage, generations as drafts. Only when all
 * of it is durable do refs and bundles change, so that a crash at any point leaves the old state or the new one.
 */
import { once } from 'node:events'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import pLimit from 'p-limit'
import type { CtrbuildError } from '../errors.ts'
import { objectPath } from '../ostree/checksum.ts'
import { isLarge } from '../ostree/import-layer.ts'
import { objectWriter } from '../ostree/object-writer.ts'
import { startReaders } from '../ostree/readers.ts'
import { beginStage, discard, publish } from '../ostree/stage.ts'
import type { Checksum, Repo } from '../ostree/types.ts'
import type { Step } from '../plan/types.ts'
import type { Trace } from '../report/trace.ts'
import { syncFs } from '../sys/atomic.ts'
import { diskError } from '../sys/failure.ts'
import type { Limit } from '../sys/in-turn.ts'
import { arrivalsIn } from './arrivals.ts'
import { assembleBundle } from './assemble.ts'
import { earlyReader } from './early.ts'
import { execute, type Outcome, type Perform } from './execute.ts'
import { isFatal } from './failures.ts'
import { removeBundle, removeTree, switchTo } from './generations.ts'
import { putImageRefs } from './image-refs.ts'
import { fetchLayers, importStep } from './layers.ts'
import { dropImportedBlobs } from './leftovers.ts'
import { generationsInUse, retireGenerations } from './retire.ts'
import { type Space, spaceOf } from './space.ts'
import { mergeLayers } from './unions.ts'
import type { ApplyInputs, Work } from './work.ts'

/** How much is done at once. */
export interface Parallelism {
  readonly network: number
  readonly imports: number
  readonly links: number
}

/** What an apply came to. */
export interface Applied {
  /** How each step ended; failures were reported as events too. */
  readonly outcomes: readonly Outcome[]
  /** Of the bundles that were made. */
  readonly space: Space
}

/**
 * Performs every step and switches to what succeeded. Call it with the store's lock held.
 * @throws whatever `signal` was aborted with; then nothing has changed but blobs that have arrived
 */
export async function applyPlan(inputs: ApplyInputs, repo: Repo, parallelism: Parallelism): Promise<Applied> {
  const { places, plan, signal, trace } = inputs
  const work = beginWork(inputs, repo, parallelism)
  try {
    dropSpoiled(work)
    // They start while skopeo does.
    const large = plan.steps.filter(step => step.kind === 'import' && isLarge(step.layer.size))
    work.readers.getReady(Math.min(large.length, parallelism.imports))
    mkdirSync(places.out, { recursive: true, mode: 0o755 })
    const outcomes = await trace.span('steps', inside => execute(plan.steps, performer(work, inside)))
    signal.throwIfAborted()
    for (const outcome of outcomes) if (isFatal(outcome)) throw outcome.error
    for (const outcome of outcomes) report(work, outcome)
    await putImageRefs(work)
    await finish(work)
    const { readers, stage } = work
    await trace.span('drop blobs', () =>
      Promise.all([dropImportedBlobs(places.blobs, stage.repo), readers.close()]),
    )
    return { outcomes, space: spaceOf([...work.unions.values()].map(union => union.root)) }
  } catch (error) {
    for (const { draft } of work.drafts) removeTree(draft.path)
    signal.throwIfAborted()
    throw diskError(error, `cannot write to ${places.store}`)
  } finally {
    await trace.span('tidy up', async () => {
      await work.readers.close()
      for (const blob of work.spoiled) rmSync(blob, { force: true })
      discard(work.stage)
    })
  }
}

/** Objects that somebody wrote to would be taken for those that their layers bring: they go before anything comes. */
function dropSpoiled({ plan, stage }: Work): void {
  const checksums = plan.steps.flatMap(step => (step.kind === 'import' ? (step.spoiled ?? []) : []))
  for (const checksum of checksums)
    rmSync(join(stage.repo.path, 'objects', objectPath(checksum as Checksum, 'file')), { force: true })
}

function beginWork(inputs: ApplyInputs, repo: Repo, { network, imports, links }: Parallelism): Work {
  const stage = beginStage(repo, String(process.pid))
  return {
    ...inputs,
    stage,
    writer: objectWriter(stage),
    readers: startReaders(imports),
    network: limitTo(network, inputs.signal),
    imports: limitTo(imports, inputs.signal),
    links: limitTo(links, inputs.signal),
    serial: limitTo(1, inputs.signal),
    checkouts: limitTo(2, inputs.signal),
    layers: new Map(),
    unions: new Map(),
    refs: new Map(),
    drafts: [],
    spoiled: new Set(),
    removals: [],
  }
}

/** What waits for its turn does not begin any more after an abort. */
function limitTo(count: number, signal: AbortSignal): Limit {
  const limit = pLimit(count)
  return task =>
    limit(() => {
      signal.throwIfAborted()
      return task()
    })
}

function performer(work: Work, trace: Trace): Perform {
  const arrivals = arrivalsIn(work.places.blobs, earlyReader(work))
  const perform = async (step: Step, inside: Trace): Promise<void> => {
    switch (step.kind) {
      case 'fetch':
        return fetchLayers(work, arrivals, step)
      case 'import':
        return importStep(work, arrivals, step, inside)
      case 'merge':
        return work.serial(() => inside.span('merge', () => mergeLayers(work, step)))
      case 'assemble':
        return assembleBundle(work, step, inside)
      case 'remove':
        work.removals.push(step.name)
        return
      default:
        return step satisfies never
    }
  }
  return step =>
    trace
      .beside(step.id, inside => perform(step, inside))
      .catch(error => {
        throw diskError(
          error,
          `cannot write to ${step.kind === 'assemble' ? work.places.out : work.places.store}`,
        )
      })
}

/** Makes everything durable, then visible: objects, refs, bundles, in this order. */
async function finish(work: Work): Promise<void> {
  await work.trace.span('make durable', () => makeDurable(work))
  // From here on nothing is waited for, so that no signal comes in between.
  if (work.refs.size > 0) work.trace.now('publish', () => publish(work.stage, work.refs))
  work.trace.now('switch', () => switchAll(work))
}

function switchAll(work: Work): void {
  const { out } = work.places
  const switched: string[] = []
  const order = work.plan.bundles.map(bundle => bundle.name)
  work.drafts.sort((a, b) => order.indexOf(a.draft.name) - order.indexOf(b.draft.name))
  for (let next = work.drafts.shift(); next !== undefined; next = work.drafts.shift()) {
    const { draft, action, digest } = next
    switchTo(out, draft)
    switched.push(draft.name)
    work.reporter.event({ kind: 'bundle', name: draft.name, action, digest })
  }
  for (const name of work.removals) {
    removeBundle(out, name)
    work.reporter.event({ kind: 'bundle', name, action: 'remove', digest: '' })
  }
  const inUse = generationsInUse()
  for (const name of switched) retireGenerations(out, name, work.keep, inUse)
}

/** Waits until the disk has it all, or for the signal: a slow disk must not keep from stopping. */
async function makeDurable({ stage, refs, drafts, places, signal }: Work): Promise<void> {
  signal.throwIfAborted()
  const folders = [...(refs.size > 0 ? [stage.path] : []), ...(drafts.length > 0 ? [places.out] : [])]
  const byDevice = new Map(folders.map(folder => [statSync(folder).dev, folder]))
  await Promise.race([Promise.all([...byDevice.values()].map(syncFs)), once(signal, 'abort')])
  signal.throwIfAborted()
}

function report(work: Work, outcome: Outcome): void {
  const step = outcome.step.id
  if (outcome.status === 'skipped') work.reporter.event({ kind: 'skipped', step, because: outcome.because })
  if (outcome.status !== 'failed') return
  // Any other error is fatal.
  const { code, message, hint } = outcome.error as CtrbuildError
  work.reporter.event({ kind: 'failed', step, code, message, ...(hint !== undefined && { hint }) })
}
