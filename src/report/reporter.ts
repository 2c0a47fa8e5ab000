/** Chooses how progress is shown. */
import { isCi } from '../sys/environment.ts'
import { type ColorChoice, paintFor } from './color.ts'
import type { Reporter } from './events.ts'
import { jsonReporter } from './json.ts'
import { plainReporter } from './plain.ts'
import { quietReporter } from './quiet.ts'
import type { Clock, Screen } from './screen.ts'
import { type SizedScreen, ttyReporter } from './tty.ts'

/** For terminals that do not know their size. */
const DEFAULT_COLUMNS = 80
const DEFAULT_ROWS = 24

/** How progress is shown. */
export type ProgressStyle = 'auto' | 'tty' | 'plain' | 'json' | 'quiet'

/** Where a reporter draws, and what it chooses by. */
export interface ReporterSurroundings extends Clock {
  readonly stderr: Screen
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Begins to report on standard error: data belongs to standard output. Must be closed; closing twice does no harm. */
export function openReporter(
  { progress, color }: { readonly progress: ProgressStyle; readonly color: ColorChoice },
  { stderr, env, now, every }: ReporterSurroundings,
): Reporter {
  const paint = paintFor(color, stderr)
  const clock = { now, every }
  switch (progress === 'auto' ? automatic(stderr, env) : progress) {
    case 'tty':
      return ttyReporter(narrowed(stderr, env), clock, paint)
    case 'plain':
      return plainReporter(stderr, clock, paint)
    case 'json':
      return jsonReporter(stderr, clock)
    case 'quiet':
      return quietReporter(stderr, paint)
  }
}

function automatic(screen: Screen, env: ReporterSurroundings['env']): 'tty' | 'plain' {
  return screen.isTTY === true && !isCi(env) && env.TERM !== 'dumb' ? 'tty' : 'plain'
}

/** A terminal of which only so many columns may be used as the environment says. */
function narrowed(screen: Screen, { COLUMNS = '' }: ReporterSurroundings['env']): SizedScreen {
  const limit = /^[1-9][0-9]{0,3}$/.test(COLUMNS) ? Number(COLUMNS) : Number.POSITIVE_INFINITY
  return {
    write: text => screen.write(text),
    get columns() {
      return Math.min(limit, screen.columns || DEFAULT_COLUMNS)
    },
    get rows() {
      return screen.rows || DEFAULT_ROWS
    },
  }
}
