/** bundles.lock.json: the lock as text for version control, canonical when written and suspicious when read. */
import { CtrbuildError } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { digestOf, parseDiffId, parseDigest } from '../oci/digest.ts'
import { formatPlatform, parsePlatform } from '../oci/platform.ts'
import { parseReference } from '../oci/reference.ts'
import { asCount, asList, asText, member, optional, type Spot } from '../oci/shape.ts'
import { imageKey } from './images.ts'
import { placeOf, refuseConflicts, syntaxProblem } from './text-problems.ts'
import type { Lock, LockedBlob, LockedImage, LockedLayer } from './types.ts'

const FORMAT_VERSION = 1

/** The text of bundles.lock.json: the same lock is the same bytes, and each entry's checksum tells changes by other hands. */
export function formatLock({ imagesDigest, images }: Lock): string {
  const entries = images.map(image => ({ ...image, checksum: checksumOf(image) }))
  return canonicalJson({ formatVersion: FORMAT_VERSION, imagesDigest, images: entries })
}

/**
 * Reads bundles.lock.json.
 * @throws CtrbuildError LOCK_INVALID, with file, line and column
 */
export function parseLock(text: string, file = 'bundles.lock.json'): Lock {
  refuseConflicts(text, file)
  const document: Spot = {
    value: readJson(text, file),
    path: '',
    refuse: (spot, problem) => invalid(`${placeOf(text, spot, file)}: ${spot.path || 'the lock'} ${problem}`),
  }
  checkVersion(member(document, 'formatVersion'))
  const entries = asList(member(document, 'images'))
  const images = entries.map(imageOf)
  refuseTwins(entries, images)
  return {
    imagesDigest: digestAt(member(document, 'imagesDigest'), parseDigest),
    images: images.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
  }
}

function checksumOf(image: LockedImage): string {
  return digestOf(canonicalJson(image))
}

function readJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalid(syntaxProblem(text, error as Error, file))
  }
}

function checkVersion(spot: Spot): void {
  const version = asCount(spot)
  if (version === FORMAT_VERSION) return
  const { message } = spot.refuse(spot, `is ${version}, but this ctrbuild reads version ${FORMAT_VERSION}`)
  throw new CtrbuildError('LOCK_INVALID', message, {
    hint: 'Use the ctrbuild that wrote the lock, or a later one',
  })
}

/** An entry that is as it was written: one with another digest, or under another name, does not have its checksum. */
function imageOf(spot: Spot): LockedImage {
  const image = entryOf(spot)
  const checksum = member(spot, 'checksum')
  if (asText(checksum) === checksumOf(image)) return image
  throw checksum.refuse(
    checksum,
    `does not fit the entry of ${image.reference}: it was edited by hand, or merged`,
  )
}

function entryOf(spot: Spot): LockedImage {
  return {
    reference: checkedText(member(spot, 'reference'), text => parseReference(text).text),
    platform: checkedText(member(spot, 'platform'), text => formatPlatform(parsePlatform(text))),
    index: optional(member(spot, 'index'), index => digestAt(index, parseDigest)),
    manifest: blobOf(member(spot, 'manifest')),
    config: blobOf(member(spot, 'config')),
    layers: asList(member(spot, 'layers')).map(layerOf),
  }
}

function blobOf(spot: Spot): LockedBlob {
  return {
    digest: digestAt(member(spot, 'digest'), parseDigest),
    size: asCount(member(spot, 'size')),
    mediaType: asText(member(spot, 'mediaType')),
  }
}

function layerOf(spot: Spot): LockedLayer {
  return { ...blobOf(spot), diffId: digestAt(member(spot, 'diffId'), parseDiffId) }
}

function digestAt<T>(spot: Spot, parse: (text: unknown) => T): T {
  try {
    return parse(spot.value)
  } catch {
    throw spot.refuse(spot, `is not a sha256 digest: ${JSON.stringify(spot.value)?.slice(0, 120)}`)
  }
}

/** A text that reads as itself. */
function checkedText(spot: Spot, read: (text: string) => string): string {
  const text = asText(spot)
  try {
    if (read(text) === text) return text
  } catch (error) {
    if (!(error instanceof CtrbuildError)) throw error
  }
  throw spot.refuse(spot, `cannot be understood: ${JSON.stringify(text).slice(0, 120)}`)
}

function refuseTwins(entries: readonly Spot[], images: readonly LockedImage[]): void {
  const seen = new Set<string>()
  for (const [i, image] of images.entries()) {
    const entry = entries[i]!
    if (seen.has(keyOf(image)))
      throw entry.refuse(entry, `is ${image.reference} for ${image.platform} once more`)
    seen.add(keyOf(image))
  }
}

function keyOf(image: LockedImage): string {
  return imageKey(image.reference, image.platform)
}

function invalid(message: string): CtrbuildError {
  return new CtrbuildError('LOCK_INVALID', message, {
    hint: 'Make it anew: remove the lock, then run "ctrbuild lock"',
  })
}
