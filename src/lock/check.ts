/** Compares a lock with the spec it should belong to, without asking anybody. */
import { CtrbuildError } from '../errors.ts'
import { formatPlatform } from '../oci/platform.ts'
import { parseReference, type Reference } from '../oci/reference.ts'
import type { Spec } from '../spec/types.ts'
import { imageKey, imagesOf, lockEntry } from './images.ts'
import type { Lock } from './types.ts'

/** An image as a lock names it. */
export interface ImageName {
  readonly reference: string
  readonly platform: string
}

/** Whether a spec can be built from its lock and nothing else. */
export type LockState =
  | { readonly kind: 'complete' }
  /** There is no lock, and these images need one. */
  | { readonly kind: 'missing'; readonly missing: readonly ImageName[] }
  /** The lock lacks images, or names some that the spec does not. */
  | {
      readonly kind: 'outdated'
      readonly missing: readonly ImageName[]
      readonly surplus: readonly ImageName[]
    }

/**
 * What a lock is worth for a spec.
 *
 * An image that bundles.yaml pins to a digest needs no entry, and entries that such a pin put out of use do not count
 * as surplus: programs that update pins cannot write the lock.
 */
export function lockState(spec: Spec, lock: Lock | undefined): LockState {
  const images = imagesOf(spec)
  const missing = images
    .filter(image => image.reference.digest === undefined && lockEntry(lock, image) === undefined)
    .map(image => ({ reference: image.reference.text, platform: formatPlatform(image.platform) }))
  if (lock === undefined) return missing.length === 0 ? { kind: 'complete' } : { kind: 'missing', missing }

  const wanted = new Set(images.map(image => imageKey(image.reference.text, formatPlatform(image.platform))))
  const pinned = new Set(
    images.filter(image => image.reference.digest !== undefined).map(image => nameOf(image.reference)),
  )
  const surplus = lock.images
    .filter(entry => !wanted.has(imageKey(entry.reference, entry.platform)))
    .filter(entry => !isOutOfUse(parseReference(entry.reference), pinned))
    .map(({ reference, platform }) => ({ reference, platform }))
  if (missing.length === 0 && surplus.length === 0) return { kind: 'complete' }
  return { kind: 'outdated', missing, surplus }
}

function isOutOfUse(reference: Reference, pinned: ReadonlySet<string>): boolean {
  return reference.digest !== undefined || pinned.has(nameOf(reference))
}

function nameOf(reference: Reference): string {
  return `${reference.transport}:${reference.name}`
}

/** The part of a state that is about some images. */
export function stateOf(state: LockState, isAbout: (image: ImageName) => boolean): LockState {
  if (state.kind === 'complete') return state
  const missing = state.missing.filter(isAbout)
  const surplus = state.kind === 'missing' ? [] : state.surplus.filter(isAbout)
  if (missing.length === 0 && surplus.length === 0) return { kind: 'complete' }
  return state.kind === 'missing' ? { kind: 'missing', missing } : { kind: 'outdated', missing, surplus }
}

/** Names in a message: of more, the number tells more. */
const NAMED = 5

const HINT =
  'Run "ctrbuild lock" and commit the result; --locked (the default where CI is set) changes no lock'

/** The error for a lock that may not be changed, and would have to be. */
export function notLocked(state: Exclude<LockState, { kind: 'complete' }>): CtrbuildError {
  const missing = clause(state.missing, 'is not locked', 'are not locked')
  if (state.kind === 'missing')
    return new CtrbuildError('LOCK_MISSING', `there is no bundles.lock.json: ${missing}`, { hint: HINT })
  const surplus = clause(state.surplus, 'is in it without need', 'are in it without need')
  const why = [missing, surplus].filter(part => part !== '').join('; ')
  return new CtrbuildError('LOCK_OUTDATED', `bundles.lock.json is out of date: ${why}`, { hint: HINT })
}

function clause(images: readonly ImageName[], one: string, several: string): string {
  if (images.length === 0) return ''
  const more = images.length > NAMED ? ` and ${images.length - NAMED} more` : ''
  const names = images.slice(0, NAMED).map(image => image.reference)
  return `${names.join(', ')}${more} ${images.length === 1 ? one : several}`
}
