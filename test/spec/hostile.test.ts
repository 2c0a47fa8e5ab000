import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { beforeAll, expect, test } from 'vitest'

/** Milliseconds for one text on a slow machine; a quadratic parser would take minutes. */
const BUDGET = 60_000
const MIB = 1024 * 1024

/** How one text went. */
interface Outcome {
  readonly ok: boolean
  readonly first: string
  readonly ms: number
}

/** Parses text after text, and prints how each went: whatever ends the process ends the list. */
const PROGRAM = `
import { readFileSync } from 'node:fs'
import { parseSpec } from './parse.ts'
const platform = { os: 'linux', architecture: 'amd64', variant: undefined }
for (const [name, text] of Object.entries(JSON.parse(readFileSync(process.argv[2], 'utf8')))) {
  const whole = text.before + text.unit.repeat(text.times) + text.after
  const started = performance.now()
  let parsed
  for (let run = 0; run < text.runs; run++) parsed = parseSpec(whole, { file: 'f', platform })
  const { line, col, message } = parsed.ok ? {} : parsed.problems[0]
  const first = line + ':' + col + ' ' + message
  console.log(JSON.stringify([name, { ok: parsed.ok, first, ms: performance.now() - started }]))
}
`

let outcomes: Readonly<Record<string, Outcome>> = {}
let end: object = {}

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ctrbuild-hostile-'))
  try {
    const [program, texts] = [join(folder, 'parse.mjs'), join(folder, 'texts.json')]
    writeFileSync(texts, JSON.stringify(TEXTS))
    await bundle(program)
    const options = { encoding: 'utf8', timeout: 120_000 } as const
    const child = spawnSync(process.execPath, ['--max-old-space-size=700', program, texts], options)
    outcomes = Object.fromEntries(
      child.stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line)),
    )
    end = { status: child.status, signal: child.signal, stderr: child.stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 150_000)

async function bundle(outfile: string): Promise<void> {
  const resolveDir = join(import.meta.dirname, '../../src/spec')
  const js = 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);'
  const stdin = { contents: PROGRAM, resolveDir, loader: 'ts' } as const
  await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile, banner: { js } })
}

interface Text {
  readonly before: string
  readonly unit: string
  readonly times: number
  readonly after: string
  readonly runs: number
}

function repeated(unit: string, times: number, { before = '', after = '', runs = 1 } = {}): Text {
  return { before, unit, times, after, runs }
}

function filling(unit: string, around: { before?: string; after?: string } = {}): Text {
  return repeated(unit, Math.floor((MIB - 200) / unit.length), around)
}

const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
for (const [i, name] of [...'bcdefghij'].entries()) {
  bomb.push(`${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join()}]`)
}

const TEXTS: Record<string, Text> = {
  'alias bomb': repeated('', 0, { before: bomb.join('\n') }),
  'unbalanced brackets, again and again': repeated('[', 1500, { runs: 200 }),
  'unbalanced braces, again and again': repeated('{a: ', 1500, { runs: 200 }),
  'a megabyte of brackets': filling('['),
  'a megabyte of closing brackets': filling(']'),
  'lists in a line': filling('- '),
  'maps in a line': filling('a: '),
  'explicit keys in a line': filling('? '),
  'empty keys in a line': filling(': '),
  'lists, line by line': repeated('', 0, {
    before: Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}-`).join('\n'),
  }),
  'a huge plain scalar': filling('x', { before: 'a: ' }),
  'a huge quoted scalar': filling('x\n ', { before: 'a: "', after: '"' }),
  'a huge block scalar': repeated(' x\n', 99_000, { before: 'a: |\n' }),
  'a huge key': filling('k', { after: ': 1' }),
  'wrong escapes': filling('\\q', { before: 'a: "', after: '"' }),
  'the same key': repeated('a: 1\n', 20_000),
  'different keys': repeated('', 0, {
    before: Array.from({ length: 60_000 }, (_, i) => `k${i}: 1`).join('\n'),
  }),
  commas: repeated(',    ', 60_000, { before: '[', after: ']' }),
  'empty lines': repeated('\n', 99_999),
  comments: repeated('#\n', 99_999),
  quotes: filling('"'),
  tags: filling('!a '),
  anchors: filling('&a '),
  documents: repeated('---\n', 99_999),
  directives: repeated('%A\n', 99_999),
  'near names': repeated('', 0, {
    before: `images:\n${Array.from({ length: 300 }, (_, i) => `  a${1000 + i}: { image: x }`).join('\n')}\nbundles:\n${Array.from({ length: 5_000 }, (_, i) => `  b${i}: { image: a${10_000 + i} }`).join('\n')}`,
  }),
  'deep targets': repeated('', 0, {
    before: `bundles:\n  b:\n    mounts:\n${Array.from({ length: 50 }, (_, i) => `    - v:/${i}${'/b'.repeat(2000)}`).join('\n')}`,
  }),
  'a reference of slashes': filling('a/', { before: 'bundles: { b: { image: ', after: ' } }' }),
}

test('the process lives to the end', () => {
  expect(end).toEqual({ status: 0, signal: null, stderr: '' })
})

test.each(Object.keys(TEXTS))('%s', name => {
  const outcome = outcomes[name]
  expect(outcome).toMatchObject({ ok: false, first: expect.stringMatching(/^\d+:\d+ \S/) })
  expect(outcome?.ms).toBeLessThan(BUDGET)
})
