/** A comparison that cannot be made yet: layers would have to be fetched first. */
import type { LockedLayer } from '../lock/types.ts'
import type { DiffId, Digest } from '../oci/digest.ts'
import { formatBytes } from './bytes.ts'
import type { Paint } from './render.ts'
import type { DesiredLayer } from './types.ts'

/** Which layers are missing, as JSON. */
export interface LackingDiff {
  readonly formatVersion: 1
  readonly name: string
  readonly from: string
  readonly to: string
  readonly missing: {
    readonly layers: readonly { readonly diffId: DiffId; readonly digest: Digest; readonly size: number }[]
    /** Of all of them, as they are fetched. */
    readonly bytes: number
  }
}

/** Says of a bundle which layers the store lacks. */
export function lackingDiff(
  sides: Pick<LackingDiff, 'name' | 'from' | 'to'>,
  lacking: readonly DiffId[],
  layers: readonly DesiredLayer[],
): LackingDiff {
  const found = lacking.flatMap(diffId => sourceOf(diffId, layers))
  const missing = found.map(({ diffId, digest, size }) => ({ diffId, digest, size }))
  const bytes = missing.reduce((sum, { size }) => sum + size, 0)
  return { formatVersion: 1, ...sides, missing: { layers: missing, bytes } }
}

function sourceOf(diffId: DiffId, layers: readonly DesiredLayer[]): LockedLayer[] {
  return layers.filter(layer => layer.diffId === diffId).map(({ sources }) => sources[0]!.layer)
}

/** The same for people. */
export function renderLacking({ name, from, to, missing }: LackingDiff, paint: Paint): string {
  const { layers, bytes } = missing
  const words = layers.length === 1 ? '1 layer is' : `${layers.length} layers are`
  return (
    `${paint('bold', `${name}: ${from} -> ${to}`)}\n\n` +
    `Not known yet: ${words} not in the store (${formatBytes(bytes)}).\n` +
    `"ctrbuild diff ${name} --fetch" fetches what is missing and then compares; nothing is switched.\n`
  )
}
