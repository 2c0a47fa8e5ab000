/** Progress for logs: a line when something begins and when it ends, and now and then a sign of life. */
import { formatBytes } from '../plan/bytes.ts'
import type { Paint } from './color.ts'
import type { Reporter } from './events.ts'
import { counted, formatDuration, formatRate } from './format.ts'
import { type Job, noJobs } from './jobs.ts'
import type { Clock, Screen } from './screen.ts'
import { sentenceOf } from './sentences.ts'

/** Continuous integration services end jobs that are silent for minutes. */
const HEARTBEAT = 15_000

/** Writes whole lines only. */
export function plainReporter(screen: Screen, clock: Clock, paint: Paint): Reporter {
  const jobs = noJobs(clock.now)
  const stop = clock.every(HEARTBEAT, () => {
    const live = jobs.live()
    if (live.length > 0) screen.write(`${heartbeat(live)}\n`)
  })
  return {
    event(event) {
      const begun = jobs.follow(event)
      const sentence = begun === undefined ? sentenceOf(event, paint) : beginning(begun)
      if (sentence !== undefined) screen.write(`${sentence}\n`)
    },
    close: stop,
  }
}

function beginning({ verb, label, total }: Job): string {
  return `${verb.padEnd(8)}  ${label}  ${formatBytes(total)}`
}

function heartbeat(jobs: readonly Job[]): string {
  const sum = (of: (job: Job) => number) => jobs.reduce((total, job) => total + of(job), 0)
  const [bytes, total, rate] = [sum(job => job.bytes), sum(job => job.total), sum(job => job.rate)]
  const [only] = jobs
  const fetches = jobs.filter(({ verb }) => verb === 'fetch').length
  const kinds = [
    ...(fetches > 0 ? [counted(fetches, 'fetch', 'fetches')] : []),
    ...(fetches < jobs.length ? [counted(jobs.length - fetches, 'import')] : []),
  ]
  const what = jobs.length === 1 ? `${only!.verb} ${only!.label}` : kinds.join(' and ')
  const left = rate > 0 ? `, about ${formatDuration((total - bytes) / rate)} left` : ''
  return `working   ${what}: ${formatBytes(bytes)} of ${formatBytes(total)}, ${formatRate(rate)}${left}`
}
