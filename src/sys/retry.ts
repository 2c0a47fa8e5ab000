/** Trying again what failed for a reason that passes: exponential back-off with jitter. */
import { setTimeout as sleep } from 'node:timers/promises'

/** How one attempt went. */
export type Attempt<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** `isTemporary` where another attempt may go better. */
  | {
      readonly kind: 'failed'
      readonly error: Error
      readonly isTemporary: boolean
      /** How many times as long to wait as otherwise. */
      readonly longer?: number
    }

export interface RetryOptions {
  /** Attempts after the first. */
  readonly retries: number
  /** Milliseconds before the first retry; each next one waits twice as long. */
  readonly wait: number
  readonly signal: AbortSignal
  /** Waits; another one lets a test run without waiting. */
  readonly delay?: (milliseconds: number, signal: AbortSignal) => Promise<void>
  /** Told before each wait. */
  readonly onRetry?: (error: Error, attempt: number, milliseconds: number) => void
}

/**
 * The value of the first attempt that succeeds.
 * @throws the error of the last attempt, or of the first one that no retry can help; the signal's reason when aborted
 */
export async function retry<T>(attempt: () => Promise<Attempt<T>>, options: RetryOptions): Promise<T> {
  for (let failures = 0; ; failures++) {
    options.signal.throwIfAborted()
    const result = await attempt()
    if (result.kind === 'done') return result.value
    if (!result.isTemporary || failures >= options.retries) throw result.error
    const milliseconds = waitBefore(failures, options.wait * (result.longer ?? 1))
    options.onRetry?.(result.error, failures + 1, milliseconds)
    await (options.delay ?? pause)(milliseconds, options.signal)
  }
}

/** Between half and all of the doubling wait, so that many who failed together do not come back together. */
function waitBefore(failures: number, wait: number): number {
  return Math.round(wait * 2 ** failures * (0.5 + Math.random() / 2))
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal: AbortSignal.any([signal]) }).catch(() =>
    signal.throwIfAborted(),
  )
}
