/** What apply says when it is done. */
import type { Outcome } from '../apply/execute.ts'
import type { Space } from '../apply/space.ts'
import { formatBytes } from '../plan/bytes.ts'
import type { Event } from './events.ts'
import { counted, formatDuration } from './format.ts'

/** What an apply came to. */
export interface ApplySummary {
  readonly outcomes: readonly Outcome[]
  /** Of the bundles that were made. */
  readonly space: Space
  readonly seconds: number
}

/** How many bundles and steps came to what. */
export function summaryEvent({ outcomes, seconds }: ApplySummary): Extract<Event, { kind: 'summary' }> {
  const done = outcomes.filter(({ status }) => status === 'done').map(({ step }) => step)
  const created = done.filter(step => step.kind === 'assemble' && step.action === 'create').length
  const updated = done.filter(step => step.kind === 'assemble' && step.action === 'update').length
  const removed = done.filter(step => step.kind === 'remove').length
  const failed = outcomes.filter(({ status }) => status === 'failed').length
  const skipped = outcomes.filter(({ status }) => status === 'skipped').length
  return { kind: 'summary', created, updated, removed, failed, skipped, seconds }
}

/** One or two lines: what changed, how long it took, what sharing saved. */
export function renderSummary(summary: ApplySummary): string {
  const { created, updated, removed, failed, skipped, seconds } = summaryEvent(summary)
  const problems = failed === 0 ? '' : ` ${counted(failed, 'step')} failed, ${skipped} skipped.`
  const changes = `Applied: ${created} created, ${updated} updated, ${removed} removed in ${formatDuration(seconds)}.`
  return `${changes}${problems}\n${savings(summary.space)}`
}

function savings({ separate, stored }: Space): string {
  if (separate <= stored) return ''
  const [one, other] = [formatBytes(stored), formatBytes(separate)]
  return `Their root file systems hold ${other}, of which the store keeps each content once: ${one}, ${formatBytes(separate - stored)} saved.\n`
}
