/** The images of a spec: what a lock must know. */
import { canonicalJson } from '../oci/canonical-json.ts'
import { type Digest, digestOf } from '../oci/digest.ts'
import { formatPlatform } from '../oci/platform.ts'
import type { ImageSpec, Spec } from '../spec/types.ts'
import type { Lock, LockedImage } from './types.ts'

/** The distinct images of a spec by reference, platform and security, sorted in that order. */
export function imagesOf(spec: Spec): readonly ImageSpec[] {
  const images = new Map<string, ImageSpec>()
  for (const image of spec.bundles.flatMap(bundle => bundle.images)) {
    const key = `${imageKey(image.reference.text, formatPlatform(image.platform))}\n${image.insecure}`
    if (!images.has(key)) images.set(key, image)
  }
  return [...images].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, image]) => image)
}

/** The checksum of the spec's image section: it changes when a lock made from it may have to. */
export function imagesDigest(spec: Spec): Digest {
  return digestOf(
    canonicalJson(
      imagesOf(spec).map(({ reference, platform, insecure }) => ({
        reference: reference.text,
        platform: formatPlatform(platform),
        insecure,
      })),
    ),
  )
}

/** What a lock names its images by; sorts by reference, then platform. */
export function imageKey(reference: string, platform: string): string {
  return `${reference}\n${platform}`
}

/**
 * The lock's entry for an image. An entry for another digest than bundles.yaml pins the image to is none.
 */
export function lockEntry(lock: Lock | undefined, image: ImageSpec): LockedImage | undefined {
  const { text, digest } = image.reference
  const platform = formatPlatform(image.platform)
  const entry = lock?.images.find(one => one.reference === text && one.platform === platform)
  const isPinned = digest === undefined || digest === entry?.index || digest === entry?.manifest.digest
  return isPinned ? entry : undefined
}
