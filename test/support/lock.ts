/** Specs, locks and sources of images as values, for tests that need no real image. */
import type { Lock, LockedImage } from '../../src/lock/types.ts'
import { type DiffId, digestOf } from '../../src/oci/digest.ts'
import { parsePlatform } from '../../src/oci/platform.ts'
import { parseReference } from '../../src/oci/reference.ts'
import type { ResolvedImage } from '../../src/source/types.ts'
import { LIMIT_DEFAULTS } from '../../src/spec/limits.ts'
import type { BundleSpec, ImageSpec, Spec } from '../../src/spec/types.ts'

const TYPE = 'application/vnd.oci.image'

export function imageSpec(text: string, platform = 'linux/amd64', insecure = false): ImageSpec {
  return { reference: parseReference(text), platform: parsePlatform(platform), insecure }
}

/** A spec with one bundle for each list of images. */
export function specOf(...bundles: (readonly ImageSpec[])[]): Spec {
  return {
    store: '.ctrbuild',
    out: 'out',
    keep: 3,
    limits: LIMIT_DEFAULTS,
    bundles: bundles.map((images, i) => bundleOf(`bundle${i}`, images)),
  }
}

/** The documents of an image whose layers are named by `layers`, for an image that nobody stores. */
export function resolvedImage(layers: readonly string[], config: object = {}): ResolvedImage {
  const diffIds = layers.map(name => digestOf(`tar of ${name}`))
  const configBytes = json({
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: diffIds },
    ...config,
  })
  const manifest = json({
    schemaVersion: 2,
    config: { mediaType: `${TYPE}.config.v1+json`, digest: digestOf(configBytes), size: configBytes.length },
    layers: layers.map(name => ({
      mediaType: `${TYPE}.layer.v1.tar+gzip`,
      digest: digestOf(name),
      size: name.length,
    })),
  })
  return {
    index: undefined,
    manifest: { digest: digestOf(manifest), bytes: manifest },
    config: { digest: digestOf(configBytes), bytes: configBytes },
  }
}

/** An entry of a lock, made up from its reference. */
export function lockedImageOf(reference: string, platform = 'linux/amd64'): LockedImage {
  const blob = (what: string) => ({
    digest: digestOf(what + reference),
    size: 7,
    mediaType: `application/${what}`,
  })
  return {
    reference,
    platform,
    index: undefined,
    manifest: blob('manifest'),
    config: blob('config'),
    layers: [{ ...blob('layer'), diffId: digestOf(`tar${reference}`) as string as DiffId }],
  }
}

export function lockOf(...images: readonly LockedImage[]): Lock {
  return { imagesDigest: digestOf('images'), images }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

function bundleOf(name: string, images: readonly ImageSpec[]): BundleSpec {
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
    namespaces: ['mount', 'pid'],
    rootfs: 'readonly',
    runtimes: ['runc'],
  }
}
