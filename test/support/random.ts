/** Random choices that a seed repeats (mulberry32). */

/** A source of random choices. */
export interface Random {
  /** At least 0 and less than 1. */
  next(): number
  /** A whole number, both ends included. */
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(choices: readonly T[]): T
  shuffle<T>(items: readonly T[]): T[]
  bytes(length: number): Buffer
}

/** The source that a seed gives. */
export function randomOf(seed: number): Random {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    between,
    chance: probability => next() < probability,
    pick: choices => choices[between(0, choices.length - 1)]!,
    shuffle: items =>
      items
        .map(item => [next(), item] as const)
        .sort(([a], [b]) => a - b)
        .map(([, item]) => item),
    bytes: length => Buffer.from(Array.from({ length }, () => between(0, 255))),
  }
}
