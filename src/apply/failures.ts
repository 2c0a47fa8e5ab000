/** Whose fault a failed step is, and so how far it reaches. */
import { CtrbuildError, type ErrorCode } from '../errors.ts'
import type { Outcome } from './execute.ts'

/** What fails for want of space or rights, or because it was stopped, whatever an image holds. */
const OF_MACHINE: readonly ErrorCode[] = ['DISK', 'PERMISSION', 'INTERRUPTED', 'TERMINATED']

/** True where an image or a bundle is to blame: others may do well in the same apply. */
export function isOfImage(error: unknown): boolean {
  return error instanceof CtrbuildError && !OF_MACHINE.includes(error.code)
}

/**
 * True for a failure that ends the whole apply. Where something could not be written, nobody knows what else was not:
 * layers share objects, and one may count on an object that another one did not complete.
 */
export function isFatal(outcome: Outcome): outcome is Outcome & { status: 'failed' } {
  if (outcome.status !== 'failed' || isOfImage(outcome.error)) return false
  return outcome.step.kind !== 'fetch' || !isDenied(outcome.error)
}

/** A fetch writes only blobs: what is denied to it is a local image, which concerns its own bundles. */
function isDenied(error: unknown): boolean {
  return error instanceof CtrbuildError && error.code === 'PERMISSION'
}
