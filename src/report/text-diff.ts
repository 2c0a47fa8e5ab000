/** What changes in a text, as patch(1) and people read it. */
import { createTwoFilesPatch } from 'diff'
import type { Paint, Style } from './color.ts'
import { escapeControls } from './screen-text.ts'

const STYLES: Readonly<Record<string, Style>> = { '+': 'green', '-': 'red', '@': 'cyan' }

/** A unified diff with three lines of context. Nothing in it drives the terminal. */
export function renderDiff(file: string, before: string, after: string, paint: Paint): string {
  const patch = createTwoFilesPatch(`a/${file}`, `b/${file}`, before, after, undefined, undefined, {
    context: 3,
  })
  const lines = patch.replace(/^=+\n/, '').trimEnd().split('\n')
  return `${lines.map(line => coloured(escaped(line), paint)).join('\n')}\n`
}

/** A return at the end of a line is left: it may be all that changes. */
function escaped(line: string): string {
  return line.endsWith('\r') ? `${escapeControls(line.slice(0, -1))}\r` : escapeControls(line)
}

function coloured(line: string, paint: Paint): string {
  const style = STYLES[line[0] ?? '']
  return style === undefined ? line : paint(style, line)
}
