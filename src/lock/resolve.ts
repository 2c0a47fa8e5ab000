/** Makes a lock: asks what each reference means now. */
import pLimit from 'p-limit'
import { CtrbuildError } from '../errors.ts'
import { formatPlatform } from '../oci/platform.ts'
import type { ImageSource } from '../source/types.ts'
import type { ImageSpec, Spec } from '../spec/types.ts'
import { imageKey, imagesDigest, imagesOf, lockEntry } from './images.ts'
import { lockedImage } from './locked-image.ts'
import type { Lock, LockedImage } from './types.ts'

export interface ResolveOptions {
  /** Its entries are kept where they still apply. Without it, every image is asked for. */
  readonly previous?: Lock
  /** Images to ask for although `previous` has them; default none. */
  readonly isStale?: (image: ImageSpec) => boolean
  /** Images to lock; of others `previous` is kept, and what it does not have stays unlocked. Default all. */
  readonly isWanted?: (image: ImageSpec) => boolean
  /** How many images are asked for at once. */
  readonly limit: number
  readonly signal: AbortSignal
}

/**
 * Resolves every image of a spec that is not known yet. All are tried before it fails.
 * @throws CtrbuildError as `ImageSource.resolve`, of the first image that fails, naming the others
 */
export async function resolveLock(spec: Spec, source: ImageSource, options: ResolveOptions): Promise<Lock> {
  const { previous, isStale = () => false, isWanted = () => true, signal } = options
  const limit = pLimit(options.limit)
  const entryOf = async (image: ImageSpec): Promise<LockedImage> => {
    const known = isWanted(image) && isStale(image) ? undefined : lockEntry(previous, image)
    if (known !== undefined) return known
    signal.throwIfAborted()
    return lockedImage(await source.resolve(image, signal), image)
  }
  const asked = distinct(imagesOf(spec)).filter(image => isWanted(image) || lockEntry(previous, image))
  const results = await Promise.allSettled(asked.map(image => limit(entryOf, image)))
  signal.throwIfAborted()
  const failures = results
    .filter(result => result.status === 'rejected')
    .map(result => result.reason as unknown)
  if (failures.length > 0) throw together(failures)
  const images = results.filter(result => result.status === 'fulfilled').map(result => result.value)
  return { imagesDigest: imagesDigest(spec), images }
}

/** The same image asked for with and without TLS is one entry; sorted, the secure one is first. */
function distinct(images: readonly ImageSpec[]): readonly ImageSpec[] {
  const byKey = new Map<string, ImageSpec>()
  for (const image of images) {
    const key = imageKey(image.reference.text, formatPlatform(image.platform))
    if (!byKey.has(key)) byKey.set(key, image)
  }
  return [...byKey.values()]
}

function together(failures: readonly unknown[]): unknown {
  const [first] = failures
  const isPlain = failures.every(failure => failure instanceof CtrbuildError)
  if (failures.length === 1 || !isPlain || !(first instanceof CtrbuildError)) return first
  const lines = failures.map(failure => `\n  ${failure.message.replaceAll('\n', '\n  ')}`)
  return new CtrbuildError(first.code, `${failures.length} images cannot be resolved${lines.join('')}`, {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    cause: first,
  })
}
