/** Tables for people: columns as wide as their widest cell, two spaces between them. */
import type { Paint } from '../plan/render.ts'

/** The lines of a table, heading first. The last column is not filled up. */
export function columns(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const widths = heading.map((title, i) => Math.max(title.length, ...rows.map(row => row[i]!.length)))
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[i]!))).join('  ')
  return [paint('bold', line(heading)), ...rows.map(line)].map(text => `${text}\n`).join('')
}
