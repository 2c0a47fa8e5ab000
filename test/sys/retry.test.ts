import { expect, test } from 'vitest'
import { type Attempt, retry } from '../../src/sys/retry.ts'

const signal = new AbortController().signal

/** Fails some times, then succeeds. */
function failing(times: number, isTemporary = true) {
  let attempts = 0
  const attempt = async (): Promise<Attempt<string>> =>
    attempts++ < times
      ? { kind: 'failed', error: new Error(`failure ${attempts}`), isTemporary }
      : { kind: 'done', value: `attempt ${attempts}` }
  return { attempt, count: () => attempts }
}

function quick() {
  const waits: number[] = []
  return { waits, retries: 3, wait: 500, signal, delay: async (ms: number) => void waits.push(ms) }
}

test('what succeeds at once is not waited for', async () => {
  const options = quick()
  expect(await retry(failing(0).attempt, options)).toBe('attempt 1')
  expect(options.waits).toEqual([])
})

test('waits double, less up to half by chance', async () => {
  const options = quick()
  expect(await retry(failing(3).attempt, options)).toBe('attempt 4')
  expect(options.waits).toHaveLength(3)
  for (const [i, wait] of options.waits.entries()) {
    expect(wait).toBeGreaterThanOrEqual(250 * 2 ** i)
    expect(wait).toBeLessThanOrEqual(500 * 2 ** i)
  }
})

test('gives up with the last error', async () => {
  const { attempt, count } = failing(9)
  await expect(retry(attempt, quick())).rejects.toThrow('failure 4')
  expect(count()).toBe(4)
})

test('does not try again what will not pass', async () => {
  const { attempt, count } = failing(9, false)
  await expect(retry(attempt, quick())).rejects.toThrow('failure 1')
  expect(count()).toBe(1)
})

test('an abort ends the wait', async () => {
  const abort = new AbortController()
  const onRetry = () => abort.abort(new Error('enough'))
  const options = { retries: 3, wait: 60_000, signal: abort.signal, onRetry }
  await expect(retry(failing(9).attempt, options)).rejects.toThrow('enough')
})
