/** From offsets in a text to lines and columns. */
import type { Range } from './problem.ts'

/** Start and exclusive end, in UTF-16 units from the start of the text. */
export type Span = readonly [start: number, end: number]

/** Prepares a text so that spans in it can be turned into lines and columns. */
export function rangesOf(text: string): (span: Span) => Range {
  const starts = lineStarts(text)
  return ([start, end]) => {
    const line = lineAt(starts, start)
    const endLine = lineAt(starts, Math.max(start, end))
    return {
      line: line + 1,
      col: start - starts[line]! + 1,
      endLine: endLine + 1,
      endCol: Math.max(start, end) - starts[endLine]! + 1,
    }
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** Index of the last line that starts at or before the offset. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (starts[middle]! <= offset) low = middle
    else high = middle - 1
  }
  return low
}
