/** Events that are over, each as a line for people: the same words on a terminal and in a log. */
import { formatBytes } from '../plan/bytes.ts'
import type { Paint, Style } from './color.ts'
import { indented } from './error.ts'
import type { Event } from './events.ts'
import { counted, formatDuration, formatRate } from './format.ts'
import { shortReference } from './jobs.ts'
import { escapeControls } from './screen-text.ts'

const DONE = { create: 'created', update: 'updated', remove: 'removed' } as const

/** The line, without its newline; undefined for events that only tell how far something is. */
export function sentenceOf(event: Event, paint: Paint): string | undefined {
  switch (event.kind) {
    case 'fetch':
    case 'import':
    case 'summary':
      return undefined
    case 'note':
      return escapeControls(event.message)
    case 'warning':
      return `${paint('yellow', `warning ${event.code}:`)} ${indented(event.message)}${hint(event.hint)}`
    case 'fetched':
      return line(paint, 'green', 'fetched', `${shortReference(event.image)}  ${speed(event)}`)
    case 'imported': {
      const what = `${escapeControls(event.layer)} ${shortReference(event.image)}`
      return line(
        paint,
        'green',
        'imported',
        `${what}  ${counted(event.entries, 'entry', 'entries')}, ${speed(event)}`,
      )
    }
    case 'merged': {
      const took = `${counted(event.entries, 'entry', 'entries')} in ${formatDuration(event.seconds)}`
      return line(paint, 'green', 'merged', `${escapeControls(event.chain)}  ${took}`)
    }
    case 'bundle':
      return line(
        paint,
        'bold',
        DONE[event.action],
        [event.name, event.digest].filter(Boolean).map(escapeControls).join('  '),
      )
    case 'failed':
      return line(
        paint,
        'red',
        'failed',
        `${shortReference(event.step)}  ${event.code}: ${indented(event.message)}${hint(event.hint)}`,
      )
    case 'skipped':
      return line(
        paint,
        'yellow',
        'skipped',
        `${shortReference(event.step)}  since ${shortReference(event.because)} failed`,
      )
    case 'retry':
      return line(
        paint,
        'yellow',
        'retry',
        `${shortReference(event.image)}  in ${formatDuration(event.seconds)}: ${indented(event.message)}`,
      )
    default:
      return event satisfies never
  }
}

const WORD_WIDTH = 8

function line(paint: Paint, style: Style, word: string, rest: string): string {
  return `${paint(style, word.padEnd(WORD_WIDTH))}  ${rest}`
}

function speed({ bytes, seconds }: { readonly bytes: number; readonly seconds: number }): string {
  const rate = seconds > 0 ? ` (${formatRate(bytes / seconds)})` : ''
  return `${formatBytes(bytes)} in ${formatDuration(seconds)}${rate}`
}

function hint(text: string | undefined): string {
  return text === undefined ? '' : `\n  hint: ${escapeControls(text)}`
}
