/** Picks the manifest for a platform out of an index (image-index.md, `platform`). */
import { CtrbuildError } from '../errors.ts'
import type { ImageIndex, IndexEntry } from './image.ts'
import { MANIFEST_TYPES } from './media-types.ts'
import { formatPlatform, type Platform } from './platform.ts'

/** What runs on what, best first: a machine of one variant runs programs for all that follow. */
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  amd64: ['v4', 'v3', 'v2', 'v1'],
  arm: ['v8', 'v7', 'v6', 'v5'],
  arm64: ['v9', 'v8'],
}

/**
 * The entry that fits best: of the wanted variant or the nearest one that it can run. Where no variant is wanted,
 * an entry without one is best and then the lowest. Of equals the index's first counts. A lone entry that names no
 * platform is taken as it is, since its configuration will tell.
 * @throws CtrbuildError PLATFORM_MISSING, saying what there is
 */
export function selectPlatform(index: ImageIndex, platform: Platform, what = 'the image'): IndexEntry {
  const manifests = index.manifests.filter(entry => MANIFEST_TYPES.includes(entry.mediaType))
  for (const variant of variantsFor(platform)) {
    const found = manifests.find(
      entry => entry.platform !== undefined && isFor(entry.platform, { ...platform, variant }),
    )
    if (found !== undefined) return found
  }
  const unlabelled = manifests.filter(entry => entry.platform === undefined)
  if (unlabelled.length === 1 && manifests.length === 1) return unlabelled[0]!
  throw missing(manifests, platform, what)
}

function variantsFor(platform: Platform): readonly (string | undefined)[] {
  const known = VARIANTS[platform.architecture] ?? []
  if (platform.variant === undefined) return [undefined, ...known.toReversed()]
  const at = known.indexOf(platform.variant)
  return [...(at < 0 ? [platform.variant] : known.slice(at)), undefined]
}

function isFor(offered: Platform, wanted: Platform): boolean {
  return (
    offered.os === wanted.os &&
    offered.architecture === wanted.architecture &&
    offered.variant === wanted.variant
  )
}

function missing(manifests: readonly IndexEntry[], platform: Platform, what: string): CtrbuildError {
  const offered = manifests.flatMap(entry =>
    entry.platform === undefined ? [] : [formatPlatform(entry.platform)],
  )
  const list = [...new Set(offered)].filter(name => name !== 'unknown/unknown').sort()
  return new CtrbuildError(
    'PLATFORM_MISSING',
    `${what} has nothing for ${formatPlatform(platform)}${list.length === 0 ? '' : `, only for ${list.join(', ')}`}`,
    { hint: 'Set "platform" of the image in bundles.yaml to one of those, or take another image' },
  )
}
