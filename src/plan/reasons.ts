/** Why a bundle changes, in words: what its stamp says against what is wanted. */
import type { Privilege } from '../bundle/types.ts'
import type { DiffId } from '../oci/digest.ts'
import { driftReasons } from './drift.ts'
import { specReasons } from './spec-reasons.ts'
import type { DesiredBundle, DesiredImage, ImageKey, NamedManifest, Observed, Stamp } from './types.ts'

/** Why a bundle that is not there yet is made. */
export const NEW = 'new'
/** Why a bundle is removed. */
export const UNDECLARED = 'no longer in bundles.yaml'

/** What a bundle is looked at with. */
export interface Scene {
  readonly images: ReadonlyMap<ImageKey, DesiredImage>
  readonly privilege: Privilege['kind']
  readonly observed: Observed
}

/** Reasons to make a bundle anew that stands already; none when it is up to date. */
export function updateReasons(bundle: DesiredBundle, scene: Scene): string[] {
  const { observed } = scene
  const standing = observed.bundles.get(bundle.name)!
  const { stamp } = standing
  const damaged = driftReasons(standing)
  if (stamp === undefined) return damaged.length > 0 ? damaged : ['its stamp is gone']
  if (stamp.inputs !== bundle.inputs) return [...damaged, ...inputReasons(bundle, stamp, scene)]
  return observed.chains.has(bundle.chainId) ? damaged : [...damaged, 'the store has lost its tree']
}

/** What a bundle's images are called, and what that means. */
export function namedManifests({ images }: DesiredBundle, known: Scene['images']): readonly NamedManifest[] {
  return images.map(key => {
    const { reference, manifest } = known.get(key)!.locked
    return { reference, manifest: manifest.digest }
  })
}

/** A digest's first digits, enough for people. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12)
}

function inputReasons(bundle: DesiredBundle, stamp: Stamp, { images, privilege }: Scene): string[] {
  const named = namedManifests(bundle, images)
  const layers = layerReasons(stamp.layers, bundle.chain)
  const reasons = [
    ...imageReasons(stamp.images, named),
    ...layers,
    ...(layers.length === 0 && stamp.config !== bundle.config ? ["the image's configuration changed"] : []),
    ...specReasons(stamp.spec, bundle.spec),
    ...privilegeReasons(stamp.privilege, privilege),
  ]
  return reasons.length > 0 ? reasons : ['this ctrbuild makes it differently']
}

function imageReasons(before: readonly NamedManifest[], after: readonly NamedManifest[]): string[] {
  if (before.length !== after.length) return [`${after.length} images instead of ${before.length}`]
  return after.flatMap(({ reference, manifest }, i) => {
    const was = before[i]!
    if (was.manifest === manifest) return []
    if (was.reference !== reference) return [`image ${shorten(was.reference)} -> ${shorten(reference)}`]
    return [`image ${shorten(reference)} moved ${shortDigest(was.manifest)} -> ${shortDigest(manifest)}`]
  })
}

function shorten(reference: string): string {
  return reference.replace(/sha256:[0-9a-f]{64}$/, shortDigest)
}

/** At most so many layers are named one by one. */
const NAMED_LAYERS = 3

function layerReasons(before: readonly DiffId[], after: readonly DiffId[]): string[] {
  const changed = after.flatMap((diffId, i) => (diffId === before[i] ? [] : [i + 1]))
  if (before.length !== after.length) {
    const kept = firstDifference(before, after)
    return [`${after.length} layers instead of ${before.length}, the lowest ${kept} as before`]
  }
  if (changed.length === 0) return []
  if (changed.length > NAMED_LAYERS) return [`${changed.length} of ${after.length} layers changed`]
  return [`layer${changed.length === 1 ? '' : 's'} ${changed.join(', ')} of ${after.length} changed`]
}

function firstDifference(before: readonly DiffId[], after: readonly DiffId[]): number {
  const at = after.findIndex((diffId, i) => diffId !== before[i])
  return at < 0 ? after.length : at
}

function privilegeReasons(made: Privilege['kind'], wanted: Privilege['kind']): string[] {
  if (made === wanted) return []
  return [
    wanted === 'root' ? 'was made for a plain user, now for root' : 'was made for root, now for a plain user',
  ]
}
