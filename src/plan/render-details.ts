/** A plan's details for people: what changes inside each bundle. */
import { isSame } from './bundle-diff.ts'
import { renderLacking } from './lacking.ts'
import type { Paint } from './render.ts'
import { renderDiff } from './render-diff.ts'
import type { Plan } from './types.ts'

/** Text to stand before the plan's own, with an empty line at the end; empty where there is nothing to tell. */
export function renderDetails({ details = [] }: Plan, paint: Paint): string {
  const texts = details.map(detail => {
    if ('missing' in detail) return renderLacking(detail, paint)
    return isSame(detail) && detail.notes.length === 0 ? '' : renderDiff(detail, paint, false)
  })
  return texts
    .filter(text => text !== '')
    .map(text => `${text}\n`)
    .join('')
}
