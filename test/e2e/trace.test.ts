/** `apply --trace`: what took how long, as Perfetto reads it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { randomOf } from '../support/random.ts'
import { writeTar } from '../support/tar-writer.ts'

interface Span {
  readonly name: string
  readonly ph: string
  readonly tid: number
  readonly ts: number
  readonly dur: number
  readonly args?: Record<string, unknown>
}

/** Does not compress, and so is more than is read without threads. */
const large = writeTar([{ path: 'large', type: 'file', content: randomOf(1).bytes(3 << 20) }])
const small = writeTar([{ path: 'small', type: 'file', content: Buffer.from('small') }])

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
  await project.layout.add({ layers: [large, small] }, 'one')
  await project.write('bundles:\n  one: { image: "oci:images:one", args: [/x] }\n')
})

function readTrace(): Span[] {
  const { traceEvents } = JSON.parse(readFileSync(join(project.folder, 'trace.json'), 'utf8'))
  const lanes = traceEvents.filter(({ ph }: Span) => ph === 'M').map(({ tid }: Span) => tid)
  const spans = traceEvents.filter(({ ph }: Span) => ph === 'X')
  for (const { tid } of spans) expect(lanes).toContain(tid)
  expect(lanes.length + new Set(spans).size).toBe(traceEvents.length)
  return spans
}

function isInside(inner: Span, outer: Span): boolean {
  return inner.ts >= outer.ts && inner.ts + inner.dur <= outer.ts + outer.dur
}

test('every step and thread is there, spans nest, and together they cover the apply', async () => {
  const { status } = await project.run(['apply', '--trace', 'trace.json'])
  expect(status).toBe(0)
  const spans = readTrace()
  const named = (name: string) => spans.filter(span => span.name === name)

  const [steps] = named('steps')
  const ofSteps = spans.filter(({ name }) => /^(fetch|import|merge|assemble) ./.test(name))
  expect(ofSteps.map(({ name }) => name.split(' ')[0]).sort()).toEqual([
    'assemble',
    'fetch',
    'import',
    'import',
    'merge',
  ])
  for (const span of ofSteps) expect(isInside(span, steps!)).toBe(true)

  // Only the large layer is read by threads, while its import goes on.
  const threads = spans.filter(({ tid }) => tid >= 1000)
  expect(threads.map(({ name }) => name).sort()).toEqual(['inflate', 'read'])
  expect(new Set(threads.map(({ tid }) => tid)).size).toBe(2)
  for (const span of threads) {
    expect(span.args).toEqual({ 'waited ms': expect.any(Number) })
    expect(named('import').some(around => isInside(span, around))).toBe(true)
  }

  for (const span of spans) {
    const lane = spans.filter(other => other.tid === span.tid && other !== span)
    const crossing = lane.filter(
      other => other.ts < span.ts && span.ts < other.ts + other.dur && !isInside(span, other),
    )
    expect(crossing).toEqual([])
  }
  const main = spans.filter(({ tid }) => tid === 0).sort((a, b) => a.ts - b.ts)
  expect(main.map(({ name }) => name)).toEqual([
    'start',
    'read and resolve',
    'load',
    'plan',
    'steps',
    'make durable',
    'publish',
    'switch',
    'drop blobs',
    'tidy up',
  ])
  const [first, last] = [main[0]!, main.at(-1)!]
  expect(first.ts).toBe(0)
  const covered = main.reduce((sum, { dur }) => sum + dur, 0)
  expect(covered / (last.ts + last.dur)).toBeGreaterThan(0.8)
})

test('an apply that has nothing to do, or fails, leaves one too', async () => {
  await project.run(['apply'])
  expect((await project.run(['apply', '--trace', 'trace.json'])).stdout).toContain('No changes.')
  expect(readTrace().map(({ name }) => name)).toEqual(['start', 'read and resolve', 'plan'])

  await project.write('bundles:\n  one: { image: "oci:images:none", args: [/x] }\n')
  expect((await project.run(['apply', '--trace', 'trace.json'])).status).not.toBe(0)
  expect(readTrace().map(({ name }) => name)).toEqual(['start', 'read and resolve'])
})

test('where it cannot be written, that is said', async () => {
  const { status, stderr } = await project.run(['apply', '--trace', 'none/trace.json'])
  expect(status).not.toBe(0)
  expect(stderr).toContain('none/trace.json')
})
