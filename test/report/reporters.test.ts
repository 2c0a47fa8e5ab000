import { describe, expect, test } from 'vitest'
import type { Event } from '../../src/report/events.ts'
import { openReporter, type ProgressStyle } from '../../src/report/reporter.ts'
import { manualClock, sink, terminal } from './terminal.ts'

const REDIS = `docker.io/library/redis:7@sha256:${'ab'.repeat(32)}`

const EVENTS: readonly Event[] = [
  { kind: 'note', message: 'store .ctrbuild is new' },
  { kind: 'fetch', image: REDIS, bytes: 0, total: 40e6 },
  { kind: 'fetch', image: REDIS, bytes: 10e6, total: 40e6 },
  { kind: 'fetched', image: REDIS, bytes: 40e6, seconds: 8 },
  { kind: 'import', layer: '0123456789ab', image: REDIS, bytes: 0, total: 40e6 },
  { kind: 'imported', layer: '0123456789ab', image: REDIS, bytes: 40e6, entries: 12345, seconds: 0.5 },
  { kind: 'merged', chain: 'ba9876543210', entries: 1, seconds: 0.04 },
  { kind: 'warning', code: 'DROPPED', message: '2 device nodes were dropped' },
  { kind: 'bundle', name: 'redis', action: 'create', digest: 'sha256:cdcdcdcdcdcd' },
  { kind: 'bundle', name: 'old', action: 'remove', digest: '' },
  { kind: 'failed', step: 'assemble nginx', code: 'USER_UNKNOWN', message: 'no user "web"' },
  { kind: 'skipped', step: 'assemble etcd', because: 'merge sha256:00' },
]

function reported(progress: ProgressStyle, events = EVENTS): string {
  const stderr = sink()
  const reporter = openReporter({ progress, color: 'auto' }, { stderr, env: {}, ...manualClock() })
  for (const event of events) reporter.event(event)
  reporter.close()
  return stderr.text()
}

test('plain lines tell beginnings and ends', () => {
  expect(reported('plain')).toMatchInlineSnapshot(`
    "store .ctrbuild is new
    fetch     docker.io/library/redis:7@sha256:abababababab  40 MB
    fetched   docker.io/library/redis:7@sha256:abababababab  40 MB in 8.0 s (5.0 MB/s)
    import    0123456789ab docker.io/library/redis:7@sha256:abababababab  40 MB
    imported  0123456789ab docker.io/library/redis:7@sha256:abababababab  12,345 entries, 40 MB in 0.5 s (80 MB/s)
    merged    ba9876543210  1 entry in 0.0 s
    warning DROPPED: 2 device nodes were dropped
    created   redis  sha256:cdcdcdcdcdcd
    removed   old
    failed    assemble nginx  USER_UNKNOWN: no user "web"
    skipped   assemble etcd  since merge sha256:00 failed
    "
  `)
})

test('JSON lines tell everything, the version first', () => {
  const records = reported('json')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
  expect(records[0]).toEqual({ type: 'version', ui: '1.0' })
  expect(records[2]).toEqual({ type: 'fetch', image: REDIS, bytes: 0, total: 40e6 })
  // The second record of the same fetch came within a second.
  expect(records).toHaveLength(EVENTS.length)
})

test('quiet lines tell what went wrong', () => {
  expect(reported('quiet')).toMatchInlineSnapshot(`
    "warning DROPPED: 2 device nodes were dropped
    failed    assemble nginx  USER_UNKNOWN: no user "web"
    skipped   assemble etcd  since merge sha256:00 failed
    "
  `)
})

describe('the sign of life', () => {
  function beats(events: readonly Event[]): string[] {
    const [stderr, clock] = [sink(), manualClock()]
    const reporter = openReporter({ progress: 'plain', color: 'never' }, { stderr, env: {}, ...clock })
    for (const event of events) {
      reporter.event(event)
      clock.pass(1000)
    }
    clock.pass(15_000)
    reporter.close()
    clock.pass(60_000)
    return stderr
      .text()
      .split('\n')
      .filter(line => line.startsWith('working'))
  }
  const fetching = (image: string, bytes: number) => ({ kind: 'fetch', image, bytes, total: 100e6 }) as const

  test('tells bytes and rate every fifteen seconds', () => {
    expect(beats([0, 1, 2, 3].map(n => fetching('localhost/a', n * 5e6)))).toEqual([
      'working   fetch localhost/a: 15 MB of 100 MB, 5.0 MB/s, about 17 s left',
    ])
  })

  test('counts jobs, if there are several', () => {
    const importing: Event = { kind: 'import', layer: 'abc', image: 'localhost/a', bytes: 0, total: 50e6 }
    expect(beats([fetching('localhost/a', 1e6), fetching('localhost/b', 0), importing])).toEqual([
      'working   2 fetches and 1 import: 1.0 MB of 250 MB, 0 B/s',
    ])
  })

  test('is not given when nothing goes on', () => {
    expect(
      beats([fetching('localhost/a', 0), { kind: 'fetched', image: 'localhost/a', bytes: 1, seconds: 1 }]),
    ).toEqual([])
  })
})

describe('auto', () => {
  const draws = (isTTY: boolean, env: Readonly<Record<string, string>>) => {
    const [screen, clock] = [terminal(80, 24), manualClock()]
    const reporter = openReporter(
      { progress: 'auto', color: 'never' },
      { stderr: { ...screen, isTTY }, env, ...clock },
    )
    reporter.event({ kind: 'note', message: 'x' })
    const isPlain = screen.writes() > 0
    reporter.close()
    return !isPlain
  }
  test.each([
    [true, {}, true],
    [false, {}, false],
    [true, { CI: 'true' }, false],
    [true, { CI: 'false' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('on a terminal: %s, with %j, draws: %s', (isTTY, env, expected) => {
    expect(draws(isTTY, env as Readonly<Record<string, string>>)).toBe(expected)
  })
})
