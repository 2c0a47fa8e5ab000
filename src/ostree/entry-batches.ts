/** A layer's entries in messages, from the thread that reads them to the one that makes a tree of them. */
import type { LayerEntry } from '../tree/layer.ts'
import { parseMeta } from '../tree/listing-rows.ts'
import { type MetaRow, metaTable } from '../tree/metas.ts'
import type { Meta } from '../tree/node.ts'

/** An entry; its meta is one of those that have been passed, by number. */
type Passed<E> = E extends { readonly meta: Meta } ? Omit<E, 'meta'> & { readonly meta: number } : E

/** Some entries in the archive's order, and the metas that are new among them. */
export interface EntryBatch {
  readonly metas: readonly MetaRow[]
  readonly entries: readonly Passed<LayerEntry>[]
}

/** So many entries are worth a message. */
const ENTRIES = 256
/** New metas may be large, with their attributes; most layers have a handful of them. */
const METAS = 16

/** Takes entries, and passes them on in batches; `end` passes the rest. */
export function entryBatches(pass: (batch: EntryBatch) => void): {
  add(entry: LayerEntry): void
  end(): void
} {
  const metas = metaTable()
  let passed = 0
  let entries: Passed<LayerEntry>[] = []
  const end = () => {
    pass({ metas: metas.rows.slice(passed), entries })
    passed = metas.rows.length
    entries = []
  }
  return {
    add(entry) {
      entries.push('meta' in entry ? { ...entry, meta: metas.indexOf(entry.meta) } : entry)
      if (entries.length === ENTRIES || metas.rows.length - passed === METAS) end()
    },
    end,
  }
}

/** Takes batches in their order, and hands on the entries as they were. */
export function entriesOf(take: (entry: LayerEntry) => void): (batch: EntryBatch) => void {
  const known: Meta[] = []
  return ({ metas, entries }) => {
    known.push(...metas.map(parseMeta))
    for (const entry of entries) take('meta' in entry ? { ...entry, meta: known[entry.meta]! } : entry)
  }
}
