/** Says where a lock's text is wrong: `file:line[:column]`. */
import { CtrbuildError } from '../errors.ts'
import type { Spot } from '../oci/shape.ts'

const CONFLICT = /^(?:<{7}|\|{7}|={7}|>{7})(?: .*)?$/m

/** @throws CtrbuildError LOCK_INVALID where version control left a conflict in the text. */
export function refuseConflicts(text: string, file: string): void {
  const found = CONFLICT.exec(text.replaceAll('\r\n', '\n'))
  if (found === null) return
  const line = lineAt(text.replaceAll('\r\n', '\n'), found.index)
  throw new CtrbuildError('LOCK_INVALID', `${file}:${line}: there is a merge conflict in the lock`, {
    hint: 'Merge bundles.yaml first, take either side of the lock, then run "ctrbuild lock"',
  })
}

/** The message for text that is not JSON. V8 says where it stopped, for most mistakes. */
export function syntaxProblem(text: string, error: Error, file: string): string {
  const position = /at position (\d+)/.exec(error.message)?.[1]
  const offset = position === undefined ? text.length : Number(position)
  const column = offset - text.lastIndexOf('\n', offset - 1)
  return `${file}:${lineAt(text, offset)}:${column}: the lock is not JSON`
}

/** The line of a wrong value, where that value stands under its name just once; otherwise the file alone. */
export function positionOf(text: string, spot: Spot, file: string): string {
  const literal = JSON.stringify(spot.value)
  if (literal === undefined) return file
  const name = /(?:^|\.)([A-Za-z]+)$/.exec(spot.path)?.[1]
  const written = name === undefined ? literal : `"${name}": ${literal}`
  const at = text.indexOf(written)
  const isOnly = at >= 0 && text.indexOf(written, at + 1) < 0
  return isOnly ? `${file}:${lineAt(text, at)}` : file
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
