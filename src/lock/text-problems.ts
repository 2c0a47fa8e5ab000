/** Says where a lock's text is wrong: `file:line:column`. */
import { CtrbuildError } from '../errors.ts'
import type { Spot } from '../oci/shape.ts'
import { placeInJson } from './json-place.ts'

const CONFLICT = /^(?:<{7}|\|{7}|={7}|>{7})(?: .*)?\r?$/m

/** @throws CtrbuildError LOCK_INVALID where version control left a conflict in the text. */
export function refuseConflicts(text: string, file: string): void {
  const found = CONFLICT.exec(text)
  if (found === null) return
  const place = placeAt(text, found.index, file)
  throw new CtrbuildError('LOCK_INVALID', `${place}: there is a merge conflict in the lock`, {
    hint: 'Merge bundles.yaml first, take either side of the lock, then run "ctrbuild lock"',
  })
}

/** The message for text that is not JSON. V8 says where it stopped, for most mistakes. */
export function syntaxProblem(text: string, error: Error, file: string): string {
  const position = /at position (\d+)/.exec(error.message)?.[1]
  return `${placeAt(text, position === undefined ? text.length : Number(position), file)}: the lock is not JSON`
}

/** Where a wrong value stands; where it is missing, whatever should have it. The text must be JSON. */
export function placeOf(text: string, { path }: Spot, file: string): string {
  for (let at = path; ; at = at.replace(/(?:^|\.)[^.[\]]+$|\[\d+\]$/, '')) {
    const offset = placeInJson(text, at)
    if (offset !== undefined) return placeAt(text, offset, file)
    if (at === '') return file
  }
}

function placeAt(text: string, offset: number, file: string): string {
  const line = text.slice(0, offset).split('\n').length
  return `${file}:${line}:${offset - text.lastIndexOf('\n', offset - 1)}`
}
