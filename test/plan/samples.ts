/** Specs, locks and disks for tests of planning, in few words. */
import type { Lock, LockedImage } from '../../src/lock/types.ts'
import { type DiffId, digestOf } from '../../src/oci/digest.ts'
import { parseReference } from '../../src/oci/reference.ts'
import { desire } from '../../src/plan/desire.ts'
import type { Desired, Observed, ObservedBundle, Plan, Stamp } from '../../src/plan/types.ts'
import { LIMIT_DEFAULTS } from '../../src/spec/limits.ts'
import type { BundleSpec, Spec } from '../../src/spec/types.ts'

const AMD64 = { os: 'linux', architecture: 'amd64', variant: undefined }

/** A bundle of the images with the given references. */
export function bundle(
  name: string,
  references: readonly string[],
  more: Partial<BundleSpec> = {},
): BundleSpec {
  const images = references.map(text => ({
    reference: parseReference(text),
    platform: AMD64,
    insecure: false,
  }))
  return {
    name,
    images,
    checkout: 'union-add',
    args: undefined,
    env: {},
    cwd: undefined,
    user: undefined,
    hostname: name,
    terminal: false,
    mounts: [],
    namespaces: ['ipc', 'mount', 'pid', 'uts'],
    rootfs: 'readonly',
    runtimes: ['runc', 'bwrap'],
    ...more,
  }
}

export function specOf(...bundles: readonly BundleSpec[]): Spec {
  return {
    store: '.ctrbuild',
    out: 'out',
    keep: 3,
    limits: LIMIT_DEFAULTS,
    bundles: bundles.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

/** DiffID of a layer that is called by a word. */
export function diffId(word: string): DiffId {
  return digestOf(`layer ${word}`) as string as DiffId
}

/** An image of layers that are called by words, each a million bytes. `version` is what else there is to it. */
export function image(reference: string, layers: readonly string[], version = '1'): LockedImage {
  const json = (suffix: string) => `application/vnd.oci.image.${suffix}+json`
  return {
    reference,
    platform: 'linux/amd64',
    index: undefined,
    manifest: {
      digest: digestOf(`manifest ${reference} ${layers} ${version}`),
      size: 500,
      mediaType: json('manifest.v1'),
    },
    config: {
      digest: digestOf(`config ${reference} ${layers} ${version}`),
      size: 800,
      mediaType: json('config.v1'),
    },
    layers: layers.map(word => ({
      digest: digestOf(`blob ${word}`),
      size: 1_000_000,
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      diffId: diffId(word),
    })),
  }
}

export function lockOf(...images: readonly LockedImage[]): Lock {
  return { imagesDigest: digestOf('images'), images }
}

/** Three bundles: redis and nginx share a layer, busybox stands alone. */
export const LOCK = lockOf(
  image('docker.io/library/busybox:1', ['busybox']),
  image('docker.io/library/nginx:1', ['debian', 'nginx']),
  image('docker.io/library/redis:7', ['debian', 'redis', 'redis-conf']),
)
export const SPEC = specOf(
  bundle('busybox', ['docker.io/library/busybox:1']),
  bundle('nginx', ['docker.io/library/nginx:1']),
  bundle('redis', ['docker.io/library/redis:7']),
)
export const DESIRED = desire(SPEC, LOCK, 'rootless')

/** A disk with nothing on it. */
export const NOTHING: Observed = {
  repoMode: undefined,
  newRepoMode: 'bare-user',
  layers: new Set(),
  chains: new Set(),
  blobs: new Set(),
  bundles: new Map(),
  foreign: [],
}

/** The disk after a plan was applied to it. */
export function applied(plan: Plan, desired: Desired, before: Observed = NOTHING): Observed {
  const layers = new Set(before.layers)
  const chains = new Set(before.chains)
  const bundles = new Map(before.bundles)
  for (const step of plan.steps) {
    if (step.kind === 'import') layers.add(step.layer.diffId)
    if (step.kind === 'merge') chains.add(step.chainId)
    if (step.kind === 'assemble')
      bundles.set(step.name, { stamp: stampOf(step.name, desired), damage: undefined })
    if (step.kind === 'remove') bundles.delete(step.name)
  }
  return { ...before, repoMode: before.repoMode ?? before.newRepoMode, layers, chains, bundles }
}

/** The disk on which everything is as desired, but for the given bundles. */
export function settled(
  desired: Desired,
  changed: Readonly<Record<string, Partial<ObservedBundle>>> = {},
): Observed {
  const bundles = desired.bundles.map(({ name }) => {
    const intact = { stamp: stampOf(name, desired), damage: undefined }
    return [name, { ...intact, ...changed[name] }] as const
  })
  return {
    ...NOTHING,
    repoMode: 'bare-user',
    layers: new Set(desired.layers.map(layer => layer.diffId)),
    chains: new Set(desired.bundles.map(({ chainId }) => chainId)),
    bundles: new Map(bundles),
  }
}

/** What apply writes into a generation. */
export function stampOf(name: string, desired: Desired): Stamp {
  const { inputs, chainId, chain, config, images, spec } = desired.bundles.find(one => one.name === name)!
  const locked = images.map(key => desired.images.find(one => one.key === key)!.locked)
  return {
    formatVersion: 1,
    name,
    inputs,
    digest: digestOf(`bundle ${inputs}`),
    privilege: desired.privilege,
    chainId,
    layers: chain,
    config,
    images: locked.map(({ reference, manifest }) => ({ reference, manifest: manifest.digest })),
    spec,
    points: [],
    files: {},
  }
}
