/** A plan as a comment on a pull request: GitHub's Markdown, of a length that fits, in which data is only ever data. */
import { detailBlocks } from './details-markdown.ts'
import { asCode } from './markdown-code.ts'
import { conclusion, partialWarnings } from './render.ts'
import type { Change, Plan } from './types.ts'

const SIGN = { create: '+', update: '~', remove: '-', none: ' ' } as const
const HEAD = '| | bundle | why |\n|---|---|---|\n'

/** The whole comment, at most so many characters: rows that do not fit are counted. */
export function planMarkdown(plan: Plan, maxChars: number, heading = 'ctrbuild plan'): string {
  const paragraphs = [
    ...plan.blockers.map(({ message, hint }) => `**Blocked:** ${asCode(message)}. ${asCode(hint)}`),
    ...partialWarnings(plan).map(warning => `**Warning:** ${asCode(warning)}`),
    ...plan.notes.map(note => `Note: ${asCode(note)}`),
    conclusion(plan, (_, text) => text),
  ]
  const end = `${paragraphs.join('\n\n')}\n`
  const rows = plan.changes.filter(({ action }) => action !== 'none').map(rowOf)
  const title = `### ${heading}\n\n`
  if (rows.length === 0) return cut(title + end, maxChars)
  const room = maxChars - title.length - HEAD.length - end.length - moreRows(rows.length).length - 2
  const kept = rows.slice(0, fitting(rows, room))
  const more = kept.length < rows.length ? `\n${moreRows(rows.length - kept.length)}` : ''
  const table = `${title}${HEAD}${kept.join('')}${more}\n${end}`
  return cut(table + details(plan, maxChars - table.length), maxChars)
}

/** As many as fit, whole. */
function details(plan: Plan, maxChars: number): string {
  const blocks = detailBlocks(plan)
  const kept = blocks.slice(
    0,
    fitting(
      blocks.map(block => `\n${block}`),
      maxChars - moreDetails(blocks.length).length,
    ),
  )
  const more = kept.length < blocks.length ? moreDetails(blocks.length - kept.length) : ''
  return kept.map(block => `\n${block}`).join('') + (more.length <= maxChars ? more : '')
}

function moreDetails(count: number): string {
  return `\n… and what changes inside ${count} more.\n`
}

function rowOf({ name, action, reasons }: Change): string {
  return `| \`${SIGN[action]}\` | ${asCode(name)} | ${reasons.map(asCode).join('<br>')} |\n`
}

function moreRows(count: number): string {
  return `… and ${count} more ${count === 1 ? 'bundle' : 'bundles'}.\n`
}

/** How many of the first rows fit. */
function fitting(rows: readonly string[], room: number): number {
  let left = room
  const at = rows.findIndex(row => {
    left -= row.length
    return left < 0
  })
  return at < 0 ? rows.length : at
}

/** What cannot be cut by rows. */
function cut(text: string, maxChars: number): string {
  return text.length <= maxChars
    ? text
    : `${text.slice(0, Math.max(0, maxChars - 2)).replace(/&[#\w]*$/, '')}…\n`
}
