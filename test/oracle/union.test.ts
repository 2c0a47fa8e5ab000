import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'vitest'
import { CtrbuildError } from '../../src/errors.ts'
import { needs } from '../support/programs.ts'
import { randomStack } from '../support/stack.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'
import { entryOf, layerOf, merge, show } from '../support/tree.ts'
import { umociUnion } from '../support/umoci.ts'

const STACKS = Number(process.env.STACKS ?? 100)
const SEED = Number(process.env.SEED ?? 1)

function ours(stack: TarInput[][]): string {
  try { return show(merge(stack.map(l => layerOf(l.map(entryOf))))) } catch (e) { if (e instanceof CtrbuildError) return `refused: ${e.message}`; throw e }
}
const norm = (p: string) => p.split('/').filter(x => x !== '' && x !== '.')
function sorted(layer: TarInput[]): TarInput[] {
  const rank = (m: TarInput) => { const n = norm(m.path); return n.at(-1)!.startsWith('.wh.') ? 0 : m.type === 'dir' ? 1 + n.length : m.type === 'symlink' ? 5000 : m.type === 'hardlink' ? 7000 : 6000 }
  return layer.toSorted((a, b) => rank(a) - rank(b))
}
const below = (layer: TarInput[]) => layer.some(f => f.type !== 'dir' && !norm(f.path).at(-1)!.startsWith('.wh.') && layer.some(m => norm(m.path).join('/').startsWith(norm(f.path).join('/') + '/')))
const dup = (layer: TarInput[]) => new Set(layer.map(m => norm(m.path).join('/'))).size < layer.length
test('x', { timeout: 1e6 }, async ctx => {
  needs(ctx, 'umoci')
  let equal = 0, refusedBoth = 0, bad = 0, whenSorted = 0, dups = 0, belows = 0
  for (let seed = SEED; seed < SEED + STACKS; seed++) {
    const stack = randomStack(seed)
    const mine = ours(stack)
    const dir = mkdtempSync(join(tmpdir(), 'union-'))
    const got = await umociUnion(dir, stack.map(writeTar))
    rmSync(dir, { recursive: true })
    const theirs = typeof got === 'string' ? `refused: ${got.split('\n').at(-1)}` : show(got)
    if (mine === theirs) equal++
    else if (mine.startsWith('refused') && theirs.startsWith('refused')) refusedBoth++
    else {
      const dir2 = mkdtempSync(join(tmpdir(), 'union-'))
      const again = await umociUnion(dir2, stack.map(l => dup(l) ? l : sorted(l)).map(writeTar))
      rmSync(dir2, { recursive: true })
      const t2 = typeof again === 'string' ? `refused: ${again.split('\n').at(-1)}` : show(again)
      if (t2 === mine || (t2.startsWith('refused') && mine.startsWith('refused'))) { whenSorted++; continue }
      if (stack.some(dup)) { dups++; continue }
      if (stack.some(below)) { belows++; continue }
      bad++
      if (bad <= Number(process.env.SHOW ?? 5)) {
        console.log(`seed ${seed}`)
        for (const l of stack) console.log('--- layer\n' + l.map(m => `${m.type} ${JSON.stringify(m.path).replaceAll('n'.repeat(200),'N')} ${m.mode?.toString(8) ?? ''} ${m.target ?? ''}`).join('\n'))
        const a = new Set(mine.split('\n')), b = new Set(theirs.split('\n'))
        console.log('=== only ours\n' + [...a].filter(x => !b.has(x)).join('\n') + '\n=== only umoci\n' + [...b].filter(x => !a.has(x)).join('\n') + '\n=== sorted: ' + t2)
      }
    }
  }
  console.log({ equal, refusedBoth, whenSorted, dups, belows, bad })
})
