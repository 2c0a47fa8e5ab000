/** Jobs that go on, as lines of a terminal: what, a bar, bytes, rate. */
import { formatBytes } from '../plan/bytes.ts'
import type { Paint } from './color.ts'
import { cutEnd, cutStart, pad, widthOf } from './fit.ts'
import { formatRate } from './format.ts'
import type { Job } from './jobs.ts'

/** Columns and rows that may be used. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

const BAR = 20
const AMOUNT = '999 MB of 999 MB'.length
const RATE = '999 MB/s'.length
const VERB = 'import'.length
/** Narrower than this, the label says too little: the bar goes first, then the rate. */
const LABEL = 20

/** At most `rows` lines, none wider than `columns`. */
export function progressLines(jobs: readonly Job[], { columns, rows }: Size, paint: Paint): string[] {
  if (rows === 0) return []
  const shown = jobs.length <= rows ? jobs : jobs.slice(0, rows - 1)
  const wanted = Math.max(0, ...shown.map(job => widthOf(job.label)))
  const layout = layoutFor(columns - 1, wanted)
  const lines = shown.map(job => jobLine(job, layout, columns - 1, paint))
  return shown.length === jobs.length
    ? lines
    : [...lines, cutEnd(`and ${jobs.length - shown.length} more`, columns - 1)]
}

interface Layout {
  readonly label: number
  readonly hasBar: boolean
  readonly hasRate: boolean
}

function layoutFor(columns: number, wanted: number): Layout {
  const bare = columns - VERB - 2 - AMOUNT - 2
  const hasRate = bare - RATE - 2 >= LABEL
  const hasBar = hasRate && bare - RATE - 2 - BAR - 4 >= LABEL
  const space = bare - (hasRate ? RATE + 2 : 0) - (hasBar ? BAR + 4 : 0)
  return { label: Math.max(1, Math.min(wanted, space)), hasBar, hasRate }
}

function jobLine(job: Job, { label, hasBar, hasRate }: Layout, columns: number, paint: Paint): string {
  const amount = `${formatBytes(job.bytes)} of ${formatBytes(job.total)}`.padStart(AMOUNT)
  const parts = [
    job.verb.padEnd(VERB),
    pad(cutStart(job.label, label), label),
    ...(hasBar ? [bar(job)] : []),
    amount,
    ...(hasRate ? [formatRate(job.rate).padStart(RATE)] : []),
  ]
  const text = cutEnd(parts.join('  '), columns)
  return text.startsWith(job.verb) ? paint('cyan', job.verb) + text.slice(job.verb.length) : text
}

function bar({ bytes, total }: Job): string {
  const full = total === 0 ? BAR : Math.min(BAR, Math.floor((bytes / total) * BAR))
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}]`
}
