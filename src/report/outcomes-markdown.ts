/** What an apply came to, in Markdown. */
import { asCode } from '../plan/markdown-code.ts'
import { type ApplySummary, renderSummary } from './summary.ts'

const HEAD = '\n| failed | why |\n|---|---|\n'

/** The sentences that apply ends with, and a row for each step that failed, as many as fit. */
export function outcomesMarkdown(done: ApplySummary, maxChars: number): string {
  const sentences = renderSummary(done)
  const rows = done.outcomes.flatMap(outcome =>
    outcome.status === 'failed' ? [row(outcome.step.id, outcome.error)] : [],
  )
  if (rows.length === 0) return sentences
  let room = maxChars - sentences.length - HEAD.length
  const shown = rows.filter(text => {
    room -= text.length
    return room >= 0
  })
  const more = shown.length < rows.length ? `\n… and ${rows.length - shown.length} more.\n` : ''
  return `${sentences}${HEAD}${shown.join('')}${more}`
}

function row(step: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return `| ${asCode(step)} | ${asCode(message)} |\n`
}
