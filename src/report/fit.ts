/** Text cut or padded to a number of columns. Takes text without control characters. */
import { cellOf } from './screen-text.ts'

const CUT = '…'

/** Columns that a text takes. */
export function widthOf(text: string): number {
  return [...text].reduce((width, character) => width + cellOf(character).width, 0)
}

/** The beginning of a text, as much as fits. */
export function cutEnd(text: string, columns: number): string {
  return widthOf(text) <= columns ? text : `${take([...text], columns - 1).join('')}${CUT}`
}

/** The end of a text, as much as fits: of image references it tells more. */
export function cutStart(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  return `${CUT}${take([...text].reverse(), columns - 1)
    .reverse()
    .join('')}`
}

/** The text with spaces after it. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)))
}

function take(characters: readonly string[], columns: number): string[] {
  let left = columns
  const at = characters.findIndex(character => {
    left -= cellOf(character).width
    return left < 0
  })
  return characters.slice(0, at < 0 ? characters.length : at)
}
