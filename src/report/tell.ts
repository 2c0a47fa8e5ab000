/** Single events of commands that have no progress to show. */
import { type ColorChoice, paintFor } from './color.ts'
import type { Event } from './events.ts'
import type { ProgressStyle } from './reporter.ts'
import type { Screen } from './screen.ts'
import { sentenceOf } from './sentences.ts'

/** Tells events on standard error as they come: in words, or as JSON lines. */
export function tellerOf(
  { progress, color }: { readonly progress: ProgressStyle; readonly color: ColorChoice },
  { stderr }: { readonly stderr: Screen },
): (event: Event) => void {
  return event => {
    const { kind, ...rest } = event
    if (progress === 'json') stderr.write(`${JSON.stringify({ type: kind, ...rest })}\n`)
    else if (progress !== 'quiet') stderr.write(`${sentenceOf(event, paintFor(color, stderr))}\n`)
  }
}
