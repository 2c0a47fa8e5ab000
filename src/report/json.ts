/** Progress for programs: one JSON object a line, the first one telling the version of this format. */
import type { Event, Reporter } from './events.ts'
import type { Clock, Screen } from './screen.ts'

/** Of one fetch or import, so many milliseconds lie between two records that tell how far it is. */
const INTERVAL = 1000

/** Each record is an event, with `type` for its kind. */
export function jsonReporter(screen: Screen, clock: Pick<Clock, 'now'>): Reporter {
  const told = new Map<string, number>()
  const isDue = (event: Event): boolean => {
    if (event.kind !== 'fetch' && event.kind !== 'import') return true
    const key = event.kind === 'fetch' ? `fetch ${event.image}` : `import ${event.layer}`
    const last = told.get(key)
    if (last !== undefined && clock.now() - last < INTERVAL) return false
    told.set(key, clock.now())
    return true
  }
  const write = (record: object) => screen.write(`${JSON.stringify(record)}\n`)
  write({ type: 'version', ui: '1.0' })
  return {
    event({ kind, ...rest }) {
      if (isDue({ kind, ...rest } as Event)) write({ type: kind, ...rest })
    },
    close() {},
  }
}
