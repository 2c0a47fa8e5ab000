/**
 * Performs a plan. Everything new is made beside what is there: objects in a stage, generations as drafts. Only when all
 * of it is durable do refs and bundles change, so that a crash at any point leaves the old state or the new one.
 */
import { mkdirSync } from 'node:fs'
import pLimit from 'p-limit'
import { objectWriter } from '../ostree/object-writer.ts'
import { startReaders } from '../ostree/readers.ts'
import { beginStage, discard, publish } from '../ostree/stage.ts'
import type { Repo } from '../ostree/types.ts'
import type { Step } from '../plan/types.ts'
import { diskError } from '../sys/failure.ts'
import { assembleBundle } from './assemble.ts'
import { execute, type Outcome, type Perform } from './execute.ts'
import { removeBundle, removeTree, switchTo } from './generations.ts'
import { putImageRefs } from './image-refs.ts'
import { arrivalsIn, fetchLayers, importStep } from './layers.ts'
import { type Space, spaceOf } from './space.ts'
import { mergeLayers } from './unions.ts'
import type { ApplyInputs, Work } from './work.ts'

/** How much is done at once. */
export interface Parallelism {
  readonly network: number
  readonly imports: number
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
  mkdirSync(inputs.places.out, { recursive: true, mode: 0o755 })
  const work = beginWork(inputs, repo, parallelism)
  try {
    const outcomes = await execute(inputs.plan.steps, performer(work))
    inputs.signal.throwIfAborted()
    for (const outcome of outcomes) report(work, outcome)
    await putImageRefs(work)
    await finish(work)
    return { outcomes, space: spaceOf([...work.unions.values()].map(union => union.root)) }
  } catch (error) {
    for (const { draft } of work.drafts) removeTree(draft.path)
    throw diskError(error, `cannot write to ${inputs.places.store}`)
  } finally {
    await work.readers.close()
    discard(work.stage)
  }
}

function beginWork(inputs: ApplyInputs, repo: Repo, { network, imports }: Parallelism): Work {
  const stage = beginStage(repo, String(process.pid))
  return {
    ...inputs,
    stage,
    writer: objectWriter(stage),
    readers: startReaders(),
    network: pLimit(network),
    imports: pLimit(imports),
    serial: pLimit(1),
    layers: new Map(),
    unions: new Map(),
    refs: new Map(),
    drafts: [],
    removals: [],
  }
}

function performer(work: Work): Perform {
  const arrivals = arrivalsIn(work.places.blobs)
  const perform = async (step: Step): Promise<void> => {
    work.signal.throwIfAborted()
    switch (step.kind) {
      case 'fetch':
        return fetchLayers(work, arrivals, step)
      case 'import':
        return importStep(work, arrivals, step)
      case 'merge':
        return work.serial(() => mergeLayers(work, step))
      case 'assemble':
        return work.serial(() => assembleBundle(work, step))
      case 'remove':
        work.removals.push(step.name)
        return
      default:
        return step satisfies never
    }
  }
  return step =>
    perform(step).catch(error => {
      throw diskError(error, `cannot write to ${work.places.store}`)
    })
}

/** Makes everything durable, then visible: objects, refs, bundles, in this order. */
async function finish(work: Work): Promise<void> {
  const { out } = work.places
  await publish(work.stage, work.refs)
  for (const { draft, action, digest } of work.drafts.splice(0)) {
    switchTo(out, draft)
    work.reporter.event({ kind: 'bundle', name: draft.name, action, digest })
  }
  for (const name of work.removals) {
    removeBundle(out, name)
    work.reporter.event({ kind: 'bundle', name, action: 'remove', digest: '' })
  }
}

function report(work: Work, outcome: Outcome): void {
  if (outcome.status === 'skipped') work.reporter.event({ kind: 'skipped', step: outcome.step.id, because: outcome.because })
  if (outcome.status !== 'failed') return
  const { error } = outcome
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'FAILED'
  work.reporter.event({ kind: 'failed', step: outcome.step.id, code, message: error instanceof Error ? error.message : String(error) })
}
