/** What was measured, and what it says: medians, spreads, ratios, targets. */
import type { Cost } from './measure.ts'
import type { Target } from './scenarios.ts'
import { PARTS } from './ways.ts'

/** All runs of one way. */
export interface WayResult {
  readonly id: string
  readonly title: string
  readonly script: string
  readonly wall: readonly number[]
  readonly cpu: readonly number[]
  /** Bytes: the largest process, and all together at their worst moment. */
  readonly largest: number
  readonly peak: number
  /** Paths at which its root file systems differ from those of the first way. */
  readonly differences: readonly string[]
}

/** All ways of one scenario. */
export interface ScenarioResult {
  readonly id: string
  readonly title: string
  readonly images: number
  /** Of the first image's layers, uncompressed. */
  readonly bytes: number
  readonly entries: number
  /** How many processes wanted a processor just before, not counting ours. */
  readonly load: number
  readonly ways: readonly WayResult[]
}

/** How a target was met. */
export interface Verdict {
  readonly target: Target
  /** The ratio, or the bytes. */
  readonly value: number
  readonly isMet: boolean
  /** By how much of the bound it was missed or surpassed. */
  readonly margin: number
  /** The same ratio for what nothing can leave out, one after the other, where that was measured. */
  readonly parts?: number
}

/** The runs of one way, after the one that warmed up. */
export interface Runs {
  readonly warmUp: Cost
  readonly timed: readonly Cost[]
}

/** Makes results of one way's runs: two where the script timed its own part, too. */
export function resultsOf(
  way: Pick<WayResult, 'id' | 'title' | 'script' | 'differences'>,
  { warmUp, timed }: Runs,
): WayResult[] {
  const costs = timed.length > 0 ? timed : [warmUp]
  const whole: WayResult = {
    ...way,
    wall: costs.map(cost => cost.wall),
    cpu: costs.map(cost => cost.cpu),
    largest: Math.max(...costs.map(cost => cost.largest)),
    peak: warmUp.peak,
  }
  const inside = costs.flatMap(cost => cost.inside ?? [])
  if (inside.length === 0) return [whole]
  return [
    whole,
    { ...whole, id: `${way.id}:inside`, title: `${way.title}, in a process that runs`, wall: inside },
  ]
}

/** The middle one of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** How many times as long one way took as another. */
export function ratio(way: WayResult, against: WayResult): number {
  return median(way.wall) / median(against.wall)
}

/** Judges those targets whose ways were run. */
export function judge(targets: readonly Target[], results: readonly ScenarioResult[]): Verdict[] {
  return targets.flatMap(target => {
    const ways = results.find(({ id }) => id === target.scenario)?.ways ?? []
    const way = ways.find(({ id }) => id === target.way)
    const against = ways.find(({ id }) => id === target.against)
    if (way === undefined || (target.against !== undefined && against === undefined)) return []
    const judged = verdict(target, against === undefined ? way.peak : ratio(way, against))
    const parts = ways.find(({ id }) => id === PARTS.id)
    return parts === undefined ? judged : { ...judged, parts: ratio(way, parts) }
  })
}

function verdict(target: Target, value: number): Verdict {
  const margin = target.atLeast === undefined ? 1 - value / target.atMost! : value / target.atLeast - 1
  return { target, value, isMet: margin >= 0, margin }
}
