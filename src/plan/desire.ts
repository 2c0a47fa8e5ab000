/** From what the user wrote and what its images are: everything that should be. */
import type { Privilege } from '../bundle/types.ts'
import { CtrbuildError } from '../errors.ts'
import { imagesOf, lockEntry } from '../lock/images.ts'
import type { Lock, LockedImage, LockedLayer } from '../lock/types.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { chainIdOf, type DiffId, type Digest, digestOf } from '../oci/digest.ts'
import { formatPlatform } from '../oci/platform.ts'
import type { BundleSpec, ImageSpec, Spec } from '../spec/types.ts'
import { compareBytes } from '../tree/node.ts'
import type { Desired, DesiredBundle, DesiredImage, DesiredLayer, ImageKey, Plan } from './types.ts'

/** Raised whenever ctrbuild makes other bytes of the same inputs, so that every bundle is made anew. */
const FORMAT = 2

/**
 * What the spec asks for, with its images as they are locked.
 * @throws CtrbuildError LOCK_OUTDATED where an image is not locked.
 */
export function desire(spec: Spec, lock: Lock, privilege: Privilege['kind']): Desired {
  const images = desiredImages(spec, lock)
  const byKey = new Map(images.map(image => [image.key, image]))
  return {
    store: spec.store,
    out: spec.out,
    keep: spec.keep,
    limits: spec.limits,
    imagesDigest: lock.imagesDigest,
    privilege,
    images,
    bundles: spec.bundles.map(bundle => desiredBundle(bundle, byKey, privilege)),
    layers: desiredLayers(images),
  }
}

/** Every layer of some images, sorted by diffID, with the images that bring it. */
export function desiredLayers(images: readonly DesiredImage[]): DesiredLayer[] {
  const sources = new Map<DiffId, { image: ImageKey; layer: LockedLayer }[]>()
  for (const { key, locked } of images) {
    for (const layer of locked.layers) {
      const known = sources.get(layer.diffId)
      if (known === undefined) sources.set(layer.diffId, [{ image: key, layer }])
      else if (known.at(-1)!.image !== key) known.push({ image: key, layer })
    }
  }
  return [...sources]
    .map(([diffId, sources]) => ({ diffId, sources }))
    .sort((a, b) => compareBytes(a.diffId, b.diffId))
}

/** What a plan was made from: the same as desire gave, since a plan holds all of it. */
export function desiredOf(plan: Plan): Desired {
  const { store, out, keep, limits, imagesDigest, privilege } = plan
  const spec = { store, out, keep, limits, bundles: plan.bundles.map(bundle => bundle.spec) }
  return desire(spec, { imagesDigest, images: plan.images.map(image => image.locked) }, privilege)
}

function desiredImages(spec: Spec, lock: Lock): DesiredImage[] {
  return imagesOf(spec)
    .map(image => ({ key: keyOf(image), spec: image, locked: lockedAs(image, lock) }))
    .sort((a, b) => compareBytes(a.key, b.key))
}

function lockedAs(image: ImageSpec, lock: Lock): LockedImage {
  const found = lockEntry(lock, image)
  if (found !== undefined) return found
  const name = `${image.reference.text} (${formatPlatform(image.platform)})`
  throw new CtrbuildError('LOCK_OUTDATED', `image ${name} is not locked`, {
    hint: 'Run "ctrbuild lock" and commit the result',
  })
}

/** The name of an image within a plan. */
function keyOf({ reference, platform, insecure }: ImageSpec): ImageKey {
  return `${reference.text} ${formatPlatform(platform)}${insecure ? ' insecure' : ''}` as ImageKey
}

function desiredBundle(
  spec: BundleSpec,
  images: ReadonlyMap<ImageKey, DesiredImage>,
  privilege: Privilege['kind'],
): DesiredBundle {
  const keys = spec.images.map(keyOf)
  const stack = keys.map(key => images.get(key)!.locked)
  const chain = stack.flatMap(image => image.layers.map(layer => layer.diffId))
  const config = stack.at(-1)!.config.digest
  const inputs = inputsOf(spec, chain, config, privilege)
  return { name: spec.name, inputs, spec, images: keys, chain, chainId: chainIdOf(chain), config }
}

/**
 * Digest of everything that decides a bundle's bytes. The names of the images are not part of it, nor is `checkout`:
 * both orders of the union give the same tree. Neither is the host's user: only whether it is root. Templates of a
 * system container may hold what its image is called, so there it counts.
 */
function inputsOf(
  spec: BundleSpec,
  chain: readonly DiffId[],
  config: Digest,
  privilege: Privilege['kind'],
): Digest {
  const { images, checkout: _checkout, ...deciding } = spec
  const imageName = spec.system === true ? images.at(-1)!.reference.text : undefined
  return digestOf(canonicalJson({ format: FORMAT, privilege, chain, config, imageName, spec: deciding }))
}
