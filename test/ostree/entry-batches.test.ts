/** A layer's entries between two threads. */
import { expect, test } from 'vitest'
import { type EntryBatch, entriesOf, entryBatches } from '../../src/ostree/entry-batches.ts'
import type { LayerEntry } from '../../src/tree/layer.ts'
import type { Meta } from '../../src/tree/node.ts'
import { randomOf } from '../support/random.ts'

const PLAIN: Meta = { uid: 0, gid: 4_294_967_294, mode: 0o7644, xattrs: [] }
const CHECKSUM = 'c'.repeat(64)

/** What arrives, as messages are copied from one thread to another. */
function passed(entries: readonly LayerEntry[]): { found: LayerEntry[]; batches: EntryBatch[] } {
  const found: LayerEntry[] = []
  const batches: EntryBatch[] = []
  const take = entriesOf(entry => found.push(entry))
  const pass = entryBatches(batch => {
    batches.push(structuredClone(batch))
    take(batches.at(-1)!)
  })
  entries.forEach(pass.add)
  pass.end()
  return { found, batches }
}

test('every kind arrives as it was', () => {
  const entries: LayerEntry[] = [
    { kind: 'dir', path: './', meta: PLAIN },
    { kind: 'file', path: 'a\n\xff', meta: { ...PLAIN, uid: 7 }, size: 2 ** 40, checksum: CHECKSUM },
    { kind: 'symlink', path: 'l', meta: PLAIN, target: '../\xe9', checksum: CHECKSUM },
    { kind: 'hardlink', path: 'h', target: 'a\n\xff' },
    { kind: 'special', path: 'null', type: 'char' },
  ]
  expect(passed(entries).found).toEqual(entries)
})

test('attributes are bytes again, whatever memory they lay in', () => {
  const memory = Buffer.from(new SharedArrayBuffer(1 << 20))
  randomOf(1).bytes(64).copy(memory, 1000)
  const xattrs = [['user.x', memory.subarray(1000, 1064)]] as const
  const { found } = passed([{ kind: 'dir', path: 'd', meta: { ...PLAIN, xattrs } }])
  const before = Buffer.from(xattrs[0][1])
  memory.fill(0)
  const [value] = found.flatMap(entry => ('meta' in entry ? entry.meta.xattrs.map(([, bytes]) => bytes) : []))
  expect(Buffer.isBuffer(value)).toBe(true)
  expect(value).toEqual(before)
})

test('what many entries have in common arrives once', () => {
  const entries = Array.from({ length: 1000 }, (_, i): LayerEntry => {
    const xattrs = [['user.large', Buffer.alloc(500, i % 3)]] as const
    return { kind: 'file', path: `f${i}`, meta: { ...PLAIN, xattrs }, size: 1, checksum: CHECKSUM }
  })
  const { found, batches } = passed(entries)
  expect(found).toEqual(entries)
  expect(new Set(found.map(entry => 'meta' in entry && entry.meta)).size).toBe(3)
  expect(batches.flatMap(batch => batch.metas)).toHaveLength(3)
  expect(batches).toHaveLength(4)
})

test('large attributes do not pile up in one message', () => {
  const entries = Array.from({ length: 100 }, (_, i): LayerEntry => {
    return { kind: 'dir', path: `d${i}`, meta: { ...PLAIN, uid: i } }
  })
  const { found, batches } = passed(entries)
  expect(found).toEqual(entries)
  expect(Math.max(...batches.map(batch => batch.metas.length))).toBe(16)
})
