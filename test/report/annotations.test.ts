/** Problems as build services take them. */
import { expect, test } from 'vitest'
import { codeQuality, githubAnnotations } from '../../src/report/annotations.ts'
import type { Problem } from '../../src/spec/problem.ts'

const same = (file: string) => file

function problem(more: Partial<Problem> = {}): Problem {
  return {
    severity: 'error',
    code: 'SPEC_INVALID',
    message: 'bundles.a is wrong',
    file: 'bundles.yaml',
    line: 3,
    col: 5,
    path: ['bundles', 'a'],
    ...more,
  }
}

/** Reads a workflow command as GitHub's runner does: properties up to the first "::", then data, each decodedd. */
function readCommand(line: string) {
  const [, kind, properties, data] = /^::(\w+) (.*?)::(.*)$/.exec(line)!
  const decoded = (text: string) => text.replace(/%0D/g, '\r').replace(/%0A/g, '\n')
  const property = (text: string) =>
    decoded(text).replace(/%3A/g, ':').replace(/%2C/g, ',').replace(/%25/g, '%')
  const entries = properties!.split(',').map(pair => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), property(pair.slice(at + 1))]
  })
  return { kind, ...Object.fromEntries(entries), data: decoded(data!).replace(/%25/g, '%') }
}

test('a command has place, code and what to do', () => {
  const text = githubAnnotations([problem({ hint: 'mend it' })], same)
  expect(text).toBe(
    '::error file=bundles.yaml,line=3,col=5,title=SPEC_INVALID::bundles.a is wrong%0Amend it\n',
  )
})

test('nothing in a message or a name ends a command or begins another', () => {
  const message = '100% ::error:: a,b\r\n::warning file=x::y'
  const line = githubAnnotations([problem({ message, file: 'a,b:c%/d\n::e.yaml' })], same)
  expect(line.match(/\n/g)).toHaveLength(1)
  const read = readCommand(line.trimEnd())
  expect(read).toMatchObject({ kind: 'error', line: '3', col: '5', title: 'SPEC_INVALID' })
  expect(read.file).toBe('a,b:c%/d\n::e.yaml')
  expect(read.data).toBe('100% ::error:: a,b\\x0d\n::warning file=x::y')
})

test('what goes over lines has no column', () => {
  const text = githubAnnotations([problem({ endLine: 5, endCol: 2 })], same)
  expect(text).toMatch(/line=3,endLine=5,title=/)
})

test('ten of a kind, errors first, and then a count', () => {
  const many = Array.from({ length: 14 }, (_, i) => [
    problem({ severity: 'warning', line: i + 1 }),
    problem({ line: i + 1 }),
  ]).flat()
  const lines = githubAnnotations(many, same).trimEnd().split('\n')
  expect(lines.map(line => /^::(\w+)/.exec(line)?.[1])).toEqual([
    ...Array(10).fill('error'),
    ...Array(10).fill('warning'),
    undefined,
  ])
  expect(lines.at(-1)).toBe('and 8 more')
  expect(githubAnnotations([], same)).toBe('')
})

test('a code quality report has what GitLab asks for, and fingerprints that outlive a move', () => {
  const read = (problems: readonly Problem[]) => JSON.parse(codeQuality(problems, file => `deploy/${file}`))
  const twins = [problem(), problem(), problem({ severity: 'warning', code: 'MOUNT_HIDDEN' })]
  const report = read(twins)
  expect(report).toMatchObject([
    {
      description: 'bundles.a is wrong',
      check_name: 'SPEC_INVALID',
      severity: 'major',
      location: { path: 'deploy/bundles.yaml', lines: { begin: 3 } },
    },
    { severity: 'major' },
    { check_name: 'MOUNT_HIDDEN', severity: 'minor' },
  ])
  const prints = report.map((entry: { fingerprint: string }) => entry.fingerprint)
  expect(new Set(prints).size).toBe(3)
  for (const print of prints) expect(print).toMatch(/^[0-9a-f]{64}$/)
  const moved = read(twins.map(one => ({ ...one, line: one.line + 7 })))
  expect(moved.map((entry: { fingerprint: string }) => entry.fingerprint)).toEqual(prints)
  expect(read([])).toEqual([])
})
