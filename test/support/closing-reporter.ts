/** What a run of all tests ends with: why tests were skipped, and one plain line that people and machines can read. */
import type { Reporter, TestModule } from 'vitest/node'

/**
 * The closing lines of a run: each reason for a skip with the number of tests, the most frequent first, and
 * `N passed, N failed, N skipped`. What failed outside a test (a file that could not be loaded, an error that nobody
 * caught) counts as one failed each.
 */
export function closingLines(modules: readonly TestModule[], strayErrors: number): string[] {
  const counts = { passed: 0, failed: strayErrors, skipped: 0, pending: 0 }
  const reasons = new Map<string, number>()
  for (const module of modules) {
    for (const suite of [module, ...module.children.allSuites()]) counts.failed += suite.errors().length
    for (const test of module.children.allTests()) {
      const result = test.result()
      counts[result.state]++
      if (result.state !== 'skipped') continue
      const reason = result.note ?? 'no reason given'
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    }
  }
  const skips = [...reasons]
    .sort((a, b) => b[1] - a[1])
    .map(([reason, count]) => `skipped ${count}: ${reason}`)
  return [
    ...skips,
    `${counts.passed} passed, ${counts.failed + counts.pending} failed, ${counts.skipped} skipped`,
  ]
}

/** Prints the closing lines after vitest's own summary. */
export const closingReporter: Reporter = {
  onTestRunEnd(modules, errors) {
    process.stdout.write(`${closingLines(modules, errors.length).join('\n')}\n`)
  },
}
