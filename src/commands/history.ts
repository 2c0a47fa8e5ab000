/** `ctrbuild history`: a bundle's generations. */
import { bundlesWithGenerations } from '../apply/generations.ts'
import { type Generation, readHistory } from '../apply/history.ts'
import type { Places } from '../apply/places.ts'
import { CtrbuildError, EXIT_STATUS } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { shortDigest } from '../plan/reasons.ts'
import { columns } from '../report/columns.ts'
import { closest } from '../spec/suggest.ts'
import { printable } from '../sys/printable.ts'
import { type CommandOptions, painter, type Surroundings } from './context.ts'
import { readPlaces } from './read-places.ts'

export interface HistoryOptions extends CommandOptions {
  readonly name: string
  readonly json: boolean
}

/**
 * Prints the generations, the newest first.
 * @throws CtrbuildError USAGE where no bundle of that name was ever made
 */
export async function history(options: HistoryOptions, surroundings: Surroundings): Promise<number> {
  const places = readPlaces(options, surroundings)
  if (places === undefined) return EXIT_STATUS.SPEC_INVALID
  const generations = historyOf(places, options.name).reverse()
  surroundings.stdout.write(
    options.json
      ? canonicalJson({ formatVersion: 1, name: options.name, generations: generations.map(record) })
      : table(generations, painter(options, surroundings.stdout)),
  )
  return 0
}

/**
 * A bundle's generations, the oldest first.
 * @throws CtrbuildError USAGE where there are none
 */
export function historyOf({ out }: Places, name: string): Generation[] {
  const known = bundlesWithGenerations(out)
  const generations = known.includes(name) ? readHistory(out, name) : []
  if (generations.length > 0) return generations
  const near = closest(name, known)
  throw new CtrbuildError('USAGE', `no bundle ${JSON.stringify(name)} was made here`, {
    hint: near === undefined ? 'Run "ctrbuild apply"' : `Did you mean ${near}?`,
  })
}

function record({ number, isCurrent, made, stamp, damage }: Generation): object {
  return {
    generation: number,
    current: isCurrent,
    made: made === undefined ? null : new Date(made).toISOString(),
    digest: stamp?.digest ?? null,
    images: stamp?.images ?? [],
    damage: damage ?? null,
  }
}

function table(generations: readonly Generation[], paint: ReturnType<typeof painter>): string {
  const rows = generations.map(({ number, isCurrent, made, stamp, damage }) => [
    `${isCurrent ? '*' : ' '} ${number}`,
    made === undefined ? '?' : new Date(made).toISOString().slice(0, 19).replace('T', ' '),
    stamp === undefined ? '?' : shortDigest(stamp.digest),
    damage === undefined
      ? stamp!.images.map(image => `${image.reference} ${shortDigest(image.manifest)}`).join(', ')
      : `damaged: ${damage}`,
  ])
  return columns(
    ['  GENERATION', 'MADE (UTC)', 'DIGEST', 'IMAGES'],
    rows.map(row => row.map(printable)),
    paint,
  )
}
