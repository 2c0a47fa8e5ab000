/** What an apply did, appended to a Markdown file: build services show such a file beside the build. */
import { appendFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isErrno } from '../errors.ts'
import { planMarkdown } from '../plan/markdown.ts'
import type { Plan } from '../plan/types.ts'
import { outcomesMarkdown } from '../report/outcomes-markdown.ts'
import type { ApplySummary } from '../report/summary.ts'
import { diskError } from '../sys/failure.ts'
import type { ApplyOptions, Surroundings } from './context.ts'
import { usage } from './usage.ts'

/** GitHub takes 1 MiB of bytes for each step. */
const MAX_CHARS = 250_000

/**
 * Makes sure that there will be a summary, before anything is done.
 * @throws CtrbuildError USAGE
 */
export function openSummary({ summary }: ApplyOptions, { cwd }: Surroundings): void {
  if (summary === undefined) return
  try {
    appendFileSync(resolve(cwd, summary), '')
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EROFS')) throw error
    throw usage(
      `the summary cannot be written to ${summary}: ${error.message}`,
      'Name a file that can be written',
    )
  }
}

/**
 * Appends to the file that `--summary` names, if it does. `done` is undefined where nothing was to be done.
 * @throws CtrbuildError DISK, PERMISSION
 */
export function appendSummary(
  { summary }: ApplyOptions,
  { cwd }: Surroundings,
  plan: Plan,
  done: ApplySummary | undefined,
): void {
  if (summary === undefined) return
  const text = planMarkdown(plan, MAX_CHARS, 'ctrbuild apply')
  try {
    appendFileSync(
      resolve(cwd, summary),
      done === undefined ? `${text}\n` : `${text}\n${outcomesMarkdown(done, MAX_CHARS)}\n`,
    )
  } catch (error) {
    throw diskError(error, `cannot write ${summary}`)
  }
}
