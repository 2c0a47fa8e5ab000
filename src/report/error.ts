/** A failure as text: what happened, what to do, what was behind it. */
import { CtrbuildError } from '../errors.ts'
import type { Paint } from './color.ts'
import { escapeControls } from './screen-text.ts'

/** Deeper chains of causes tell nothing new. */
const CAUSES = 5

/**
 * Lines for standard error, with a newline at the end. What the operating system or the user is to blame for comes
 * without a stack, what only a programmer can mend with one.
 */
export function renderError(error: unknown, paint: Paint): string {
  if (!(error instanceof Error)) return headline('FAILED', String(error), paint)
  if (error instanceof CtrbuildError) {
    const hint = error.hint === undefined ? '' : `  ${paint('cyan', 'hint:')} ${indented(error.hint)}\n`
    return headline(error.code, error.message, paint) + hint + causesOf(error, paint)
  }
  if ('syscall' in error) return headline('FAILED', error.message, paint) + causesOf(error, paint)
  const stack = (error.stack ?? String(error)).split('\n').map(escapeControls).join('\n')
  return `${headline('FAILED', 'a mistake in ctrbuild, please report it', paint)}${stack}\n${causesOf(error, paint)}`
}

/** The same for programs, as the last line of a stream of JSON lines. */
export function errorRecord(error: unknown): object {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  if (!(error instanceof CtrbuildError)) return { type: 'error', code: 'FAILED', message, stack }
  return { type: 'error', code: error.code, message, ...(error.hint !== undefined && { hint: error.hint }) }
}

function headline(code: string, message: string, paint: Paint): string {
  return `${paint('red', `error ${code}:`)} ${indented(message)}\n`
}

function causesOf(error: Error, paint: Paint): string {
  const lines: string[] = []
  let cause = error.cause
  // A cause that its effect quotes would only be said twice.
  for (let outer = error.message; cause instanceof Error && lines.length < CAUSES; cause = cause.cause) {
    if (!outer.includes(cause.message)) lines.push(`  ${paint('dim', 'cause:')} ${indented(cause.message)}\n`)
    outer = cause.message
  }
  return lines.join('')
}

/** Text of several lines, safe to show, all but the first set in. */
export function indented(text: string): string {
  return text.split('\n').map(escapeControls).join('\n    ')
}
