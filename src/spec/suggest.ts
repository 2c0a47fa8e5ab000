/** "Did you mean": the known word that an unknown one stands for. */

/** What other tools and files call the same thing. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  command: 'args',
  entrypoint: 'args',
  environment: 'env',
  mnt: 'mount',
  net: 'network',
  read_only: 'rootfs',
  tty: 'terminal',
  vol: 'volume',
  volumes: 'mounts',
  working_dir: 'cwd',
  workdir: 'cwd',
}

/** A sentence for someone who wrote a word that is not among the known ones. */
export function suggestion(word: string, known: readonly string[]): string | undefined {
  const elsewhere = Object.hasOwn(ELSEWHERE, word) ? ELSEWHERE[word] : undefined
  if (elsewhere !== undefined && known.includes(elsewhere)) return `Here it is called "${elsewhere}"`
  const close = closest(word, known)
  return close === undefined ? undefined : `Did you mean "${close}"?`
}

/** Beyond this many candidates the search would cost more than it helps. */
const CANDIDATE_LIMIT = 1000

/**
 * Finds the candidate that is at most a third of the word's length away, in insertions, deletions, replacements and
 * swaps of neighbours; upper and lower case count as equal. The first of equals wins.
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.min(3, Math.max(1, Math.floor(word.length / 3)))
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of candidates.length > CANDIDATE_LIMIT ? [] : candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

/** Optimal string alignment distance, by rows. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(Math.min(replaced, last[j]! + 1, row[j - 1]! + 1, isSwap ? beforeLast[j - 2]! + 1 : Infinity))
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
