/** Metas without repetitions, in the form that a listing or a message has them. */
import type { ByteString, Meta } from './node.ts'

/** A meta with the values of its attributes in base 64. */
export type MetaRow = readonly [
  uid: number,
  gid: number,
  mode: number,
  xattrs: readonly (readonly [name: ByteString, value: string])[],
]

/** Metas that were met. */
export interface MetaTable {
  /** In the order in which they were met first. */
  readonly rows: MetaRow[]
  /** The place of a meta among the rows; it gets one where its like has none yet. */
  indexOf(meta: Meta): number
}

/** A table without metas. */
export function metaTable(): MetaTable {
  const rows: MetaRow[] = []
  /** By value; those that were met are known by identity as well. */
  const places = new Map<string | Meta, number>()
  return {
    rows,
    indexOf(meta) {
      const met = places.get(meta)
      if (met !== undefined) return met
      const { uid, gid, mode } = meta
      const xattrs = meta.xattrs.map(([name, value]) => [name, value.toString('base64')] as const)
      const key = `${uid} ${gid} ${mode}${xattrs.length > 0 ? JSON.stringify(xattrs) : ''}`
      const place = places.get(key) ?? rows.push([uid, gid, mode, xattrs]) - 1
      places.set(key, place)
      places.set(meta, place)
      return place
    },
  }
}
