/** Progress on a terminal: a line for each fetch and import that goes on, redrawn in place below all that is over. */
import type { Paint } from './color.ts'
import type { Reporter } from './events.ts'
import { noJobs } from './jobs.ts'
import { progressLines, type Size } from './progress-lines.ts'
import type { Clock, Screen } from './screen.ts'
import { sentenceOf } from './sentences.ts'

/** Ten times a second. */
const FRAME = 100

/** A terminal whose size is known; it may change. */
export type SizedScreen = Pick<Screen, 'write'> & Size

/**
 * Draws on a terminal. The cursor rests below what is drawn and is never hidden, so that there is nothing to restore,
 * however the process ends.
 */
export function ttyReporter(screen: SizedScreen, clock: Clock, paint: Paint): Reporter {
  const jobs = noJobs(clock.now)
  const over: string[] = []
  let drawn = 0
  let isStale = false
  const draw = (live: readonly string[]) => {
    const up = drawn === 0 ? '' : `\x1b[${drawn}A\r`
    const lines = [...over.splice(0), ...live].map(
      line => `${line.replaceAll('\n', `${CLEAR_LINE}\n`)}${CLEAR_LINE}\n`,
    )
    screen.write(`${up}${lines.join('')}${CLEAR_BELOW}`)
    drawn = live.length
    isStale = false
  }
  const stop = clock.every(FRAME, () => {
    // A row is left for the cursor: a block that fills the screen would scroll, and could not be redrawn.
    if (isStale) draw(progressLines(jobs.live(), { columns: screen.columns, rows: screen.rows - 1 }, paint))
  })
  return {
    event(event) {
      jobs.follow(event)
      const sentence = sentenceOf(event, paint)
      if (sentence !== undefined) over.push(sentence)
      isStale = true
    },
    close() {
      stop()
      if (isStale || drawn > 0) draw([])
    },
  }
}

const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'
