import { describe, expect, test } from 'vitest'
import type { Event } from '../../src/report/events.ts'
import { ttyReporter } from '../../src/report/tty.ts'
import { manualClock, terminal } from './terminal.ts'

const REDIS = 'docker.io/library/redis:7'
const plain = (_: string, text: string) => text

function scene(columns = 120, rows = 24) {
  const [screen, clock] = [terminal(columns, rows), manualClock()]
  const reporter = ttyReporter(screen, clock, plain)
  return { screen, clock, reporter }
}

function fetching(image: string, bytes: number, total = 40e6): Event {
  return { kind: 'fetch', image, bytes, total }
}

describe('the terminal', () => {
  test('shows a line for each job, with bytes and rate', () => {
    const { screen, clock, reporter } = scene()
    for (let second = 0; second < 5; second++) {
      reporter.event(fetching(REDIS, second * 3e6))
      reporter.event({ kind: 'import', layer: '0123456789ab', image: REDIS, bytes: second * 1e6, total: 4e6 })
      clock.pass(1000)
    }
    expect(screen.lines()).toMatchInlineSnapshot(`
      [
        "fetch   docker.io/library/redis:7               [######..............]    12 MB of 40 MB  3.0 MB/s",
        "import  0123456789ab docker.io/library/redis:7  [####################]  4.0 MB of 4.0 MB  1.0 MB/s",
      ]
    `)
  })

  test('moves what is over above what goes on, and leaves only that in the end', () => {
    const { screen, clock, reporter } = scene()
    reporter.event(fetching(REDIS, 1e6))
    reporter.event(fetching('localhost/other', 1e6))
    clock.pass(200)
    reporter.event({ kind: 'fetched', image: REDIS, bytes: 40e6, seconds: 4 })
    reporter.event({ kind: 'warning', code: 'DROPPED', message: 'a device was dropped', hint: 'Mount it' })
    clock.pass(200)
    expect(screen.lines().slice(0, 3)).toEqual([
      'fetched   docker.io/library/redis:7  40 MB in 4.0 s (10 MB/s)',
      'warning DROPPED: a device was dropped',
      '  hint: Mount it',
    ])
    expect(screen.lines()[3]).toMatch(/^fetch {3}localhost\/other/)
    reporter.close()
    reporter.close()
    expect(screen.lines()).toHaveLength(3)
  })

  test('ends the lines of jobs that failed', () => {
    const { screen, clock, reporter } = scene()
    const layer = 'ab'.repeat(32)
    reporter.event(fetching(REDIS, 1e6))
    reporter.event(fetching(`${REDIS}-alpine`, 1e6))
    reporter.event({ kind: 'import', layer: layer.slice(0, 12), image: REDIS, bytes: 1, total: 2 })
    clock.pass(100)
    const [code, message] = ['DIFFID_MISMATCH', 'wanted a\n found b']
    reporter.event({
      kind: 'failed',
      step: `fetch ${REDIS} linux/amd64`,
      code: 'SOURCE_UNAVAILABLE',
      message: 'gone',
    })
    reporter.event({ kind: 'failed', step: `import sha256:${layer}`, code, message })
    clock.pass(100)
    expect(screen.lines()).toEqual([
      `failed    fetch ${REDIS} linux/amd64  SOURCE_UNAVAILABLE: gone`,
      `failed    import sha256:${layer}  DIFFID_MISMATCH: wanted a`,
      '     found b',
      expect.stringMatching(/^fetch {3}docker.io\/library\/redis:7-alpine/),
    ])
  })

  test('is drawn ten times a second at most, and not when nothing happens', () => {
    const { screen, clock, reporter } = scene()
    for (let i = 0; i < 1000; i++) {
      reporter.event(fetching(REDIS, i))
      clock.pass(1)
    }
    expect(screen.writes()).toBeLessThanOrEqual(10)
    clock.pass(10_000)
    expect(screen.writes()).toBeLessThanOrEqual(11)
  })

  test.each([
    [100, 24],
    [60, 10],
    [40, 3],
    [20, 2],
    [12, 1],
  ])('of %d columns and %d rows is never left', (columns, rows) => {
    const { screen, clock, reporter } = scene(columns, rows)
    for (let i = 0; i < 12; i++) {
      reporter.event(fetching(`localhost/a-rather-long-name-for-an-image-界-${i}:latest`, i * 1e6))
      clock.pass(100)
      expect(screen.lines().length).toBeLessThanOrEqual(Math.max(1, rows - 1))
    }
    if (rows > 2 && rows < 12) expect(screen.lines().at(-1)).toMatch(/^and \d+ more$/)
  })

  test('is not driven by what stands in names', () => {
    const { screen, clock, reporter } = scene()
    reporter.event(fetching('evil\x1b[2J\r\nname\u202e', 1))
    reporter.event({ kind: 'note', message: 'bell \x07 and more' })
    clock.pass(100)
    expect(screen.lines().join()).toContain('evil\\x1b[2J\\x0d\\x0aname\\u{202e}')
    expect(screen.lines()[0]).toBe('bell \\x07 and more')
  })
})
