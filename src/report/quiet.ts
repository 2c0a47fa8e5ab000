/** Only what went wrong, or may have. */
import type { Paint } from './color.ts'
import type { Event, Reporter } from './events.ts'
import type { Screen } from './screen.ts'
import { sentenceOf } from './sentences.ts'

const TOLD: readonly Event['kind'][] = ['warning', 'failed', 'skipped']

/** Writes warnings and failures. */
export function quietReporter(screen: Screen, paint: Paint): Reporter {
  return {
    event(event) {
      if (TOLD.includes(event.kind)) screen.write(`${sentenceOf(event, paint)}\n`)
    },
    close() {},
  }
}
