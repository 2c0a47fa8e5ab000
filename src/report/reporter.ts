/** Chooses how progress is shown. */
import { isCi } from '../sys/environment.ts'
import { type ColorChoice, paintFor } from './color.ts'
import type { Reporter } from './events.ts'
import { jsonReporter } from './json.ts'
import { plainReporter } from './plain.ts'
import { quietReporter } from './quiet.ts'
import type { Clock, Screen } from './screen.ts'
import { ttyReporter } from './tty.ts'

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
      return ttyReporter(stderr, clock, paint)
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
