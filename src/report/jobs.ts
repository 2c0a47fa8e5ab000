/** What is going on at the moment: fetches and imports, how far they are and how fast. */
import type { Event } from './events.ts'
import { escapeControls } from './screen-text.ts'

/** A fetch or an import that has begun and not ended. */
export interface Job {
  readonly verb: 'fetch' | 'import'
  /** What it works on, safe to show. */
  readonly label: string
  readonly bytes: number
  readonly total: number
  /** Bytes a second, lately. */
  readonly rate: number
}

/** Follows events. */
export interface Jobs {
  /** Takes note of an event, and returns the job that began with it. */
  follow(event: Event): Job | undefined
  /** Jobs that go on, the oldest first. */
  live(): readonly Job[]
}

/** A rate is measured over the last five seconds, from samples that are a quarter apart. */
const WINDOW = 5000
const SAMPLE = 250

interface Sample {
  readonly time: number
  readonly bytes: number
}

/** Nothing is going on yet. */
export function noJobs(now: () => number): Jobs {
  const jobs = new Map<string, Job>()
  const samples = new Map<string, Sample[]>()
  return {
    live: () => [...jobs.values()],
    follow(event) {
      if (event.kind === 'failed' || event.kind === 'skipped') endFailed(jobs, event.step)
      if (event.kind === 'fetched') jobs.delete(`fetch ${event.image}`)
      if (event.kind === 'imported') jobs.delete(`import ${event.layer}`)
      if (event.kind !== 'fetch' && event.kind !== 'import') return undefined
      const key = event.kind === 'fetch' ? `fetch ${event.image}` : `import ${event.layer}`
      const isNew = !jobs.has(key)
      if (isNew) samples.set(key, [])
      const rate = rateOf(samples.get(key)!, { time: now(), bytes: event.bytes })
      const job = { verb: event.kind, label: labelOf(event), bytes: event.bytes, total: event.total, rate }
      jobs.set(key, job)
      return isNew ? job : undefined
    },
  }
}

/** A failure is told by its step, which begins with what the job is about: the image, or a longer digest. */
function endFailed(jobs: Map<string, Job>, step: string): void {
  const text = `${step.replace(/^import sha256:/, 'import ')} `
  for (const key of jobs.keys()) {
    if (text.startsWith(key.startsWith('import') ? key : `${key} `)) jobs.delete(key)
  }
}

function rateOf(samples: Sample[], latest: Sample): number {
  while (samples.length > 1 && latest.time - samples[0]!.time > WINDOW) samples.shift()
  const [oldest] = samples
  if (latest.time - (samples.at(-1)?.time ?? -SAMPLE) >= SAMPLE) samples.push(latest)
  const seconds = oldest === undefined ? 0 : (latest.time - oldest.time) / 1000
  return seconds === 0 ? 0 : Math.max(0, latest.bytes - oldest!.bytes) / seconds
}

function labelOf(event: Extract<Event, { kind: 'fetch' | 'import' }>): string {
  const image = shortReference(event.image)
  return event.kind === 'fetch' ? image : `${escapeControls(event.layer)} ${image}`
}

/** A reference with its digest cut to what people can compare, safe to show. */
export function shortReference(reference: string): string {
  return escapeControls(reference.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]{52}$/, '$1'))
}
