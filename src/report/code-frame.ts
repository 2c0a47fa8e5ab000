/** One line of a file with a stretch of it underlined, cut to the width of a screen. */
import { cellOf } from './screen-text.ts'

/** What to underline, in UTF-16 units of the line, and the columns there are. */
export interface FrameOptions {
  readonly start: number
  /** Exclusive. */
  readonly end: number
  readonly width: number
}

/** The line as it is shown, and what goes below it. */
export interface Frame {
  readonly line: string
  readonly padding: string
  /** At least one caret. */
  readonly underline: string
}

interface Cell {
  readonly text: string
  readonly width: number
  /** Offset in the line. */
  readonly at: number
}

const MIN_WIDTH = 20
const CUT = '…'
/** Of the line's width, what is kept before the underlined stretch when something has to be cut there. */
const LEAD = 1 / 4
/** Lines are looked at only around what is underlined, so many times the columns there are. */
const REACH = 4

/** Lays a line out. The stretch may go beyond the line's end. */
export function frameOf(line: string, { start, end, width }: FrameOptions): Frame {
  const room = Math.max(MIN_WIDTH, width)
  const cells = cellsAround(line.endsWith('\r') ? line.slice(0, -1) : line, start, room * REACH)
  const first = firstCell(cells, start, room)
  const isCutBefore = first > 0 || (cells[0]?.at ?? 0) > 0
  const shown = fitting(cells.slice(first), room - (isCutBefore ? 1 : 0))
  const isCutAfter = first + shown.length < cells.length
  const before = widthOf(shown.filter(cell => cell.at < start))
  const marked = widthOf(shown.filter(cell => cell.at >= start && cell.at < end))
  return {
    line: `${isCutBefore ? CUT : ''}${shown.map(cell => cell.text).join('')}${isCutAfter ? CUT : ''}`.trimEnd(),
    padding: ' '.repeat(before + (isCutBefore ? 1 : 0)),
    underline: '^'.repeat(Math.max(1, marked)),
  }
}

function cellsAround(line: string, start: number, reach: number): readonly Cell[] {
  const from = Math.max(0, start - reach)
  let at = from
  return [...line.slice(from, start + reach)].map(character => {
    const cell = { ...cellOf(character), at }
    at += character.length
    return cell
  })
}

/** Index of the first cell to show, so that what is underlined is in sight. */
function firstCell(cells: readonly Cell[], start: number, room: number): number {
  if (widthOf(cells) <= room) return 0
  const target = cells.findIndex(cell => cell.at >= start)
  const lead = Math.floor(room * LEAD)
  let first = target < 0 ? cells.length : target
  if (widthOf(cells.slice(0, first)) < room - lead) return 0
  for (let width = 0; first > 0 && width + cells[first - 1]!.width <= lead; first--)
    width += cells[first - 1]!.width
  return first
}

function fitting(cells: readonly Cell[], room: number): readonly Cell[] {
  if (widthOf(cells) <= room) return cells
  let width = 0
  const count = cells.findIndex(cell => {
    width += cell.width
    return width > room - 1
  })
  return cells.slice(0, count)
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, cell) => sum + cell.width, 0)
}
