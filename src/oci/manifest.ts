/** Reads image manifests and indexes, from the bytes that their digest was taken of. */
import { CtrbuildError } from '../errors.ts'
import { parseDigest } from './digest.ts'
import type { Descriptor, ImageIndex, ImageManifest, IndexEntry } from './image.ts'
import { DOCUMENT_LIMIT, readDocument } from './json-document.ts'
import { CONFIG_TYPES, compressionOf, INDEX_TYPES, MANIFEST_TYPES, OCI_MANIFEST } from './media-types.ts'
import type { Platform } from './platform.ts'
import { asCount, asList, asText, isAbsent, member, optional, type Spot } from './shape.ts'

const SCHEMA_1_TYPES = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/
const PLATFORM_PART = /^[A-Za-z0-9._-]*$/

/**
 * Reads a manifest (manifest.md) or an index (image-index.md), or Docker's schema 2 forms of them.
 *
 * What could be read as both is refused (CVE-2021-41190), and so is everything that cannot become a root file
 * system: Docker's schema 1, artifacts, layers that are foreign or encrypted.
 * @throws CtrbuildError IMAGE_INVALID, DIGEST_INVALID
 */
export function parseManifest(bytes: Uint8Array): ImageManifest | ImageIndex {
  const document = readDocument(bytes, 'the image manifest')
  refuseSchema1(document)
  const isIndex = !isAbsent(member(document, 'manifests'))
  const isManifest = !isAbsent(member(document, 'layers')) || !isAbsent(member(document, 'config'))
  if (isIndex && isManifest)
    throw document.refuse(document, 'is ambiguous: it has "manifests" and also "layers" or "config"')
  if (!isIndex && !isManifest)
    throw document.refuse(document, 'has neither "manifests" nor "layers" and "config"')
  return isIndex ? indexOf(document) : manifestOf(document)
}

function refuseSchema1(document: Spot): void {
  const version = member(document, 'schemaVersion')
  const type = member(document, 'mediaType')
  const isOldType = typeof type.value === 'string' && SCHEMA_1_TYPES.test(type.value)
  if (version.value === 1 || isOldType || !isAbsent(member(document, 'fsLayers'))) {
    throw new CtrbuildError(
      'IMAGE_INVALID',
      "the image manifest is of Docker's schema 1, which names no file systems by digest",
      {
        hint: 'Push the image again with a tool of this decade, or convert it: skopeo copy --format oci',
      },
    )
  }
  if (version.value !== 2) throw version.refuse(version, 'must be 2')
}

function indexOf(document: Spot): ImageIndex {
  checkType(document, INDEX_TYPES)
  return { kind: 'index', manifests: asList(member(document, 'manifests')).map(entryOf) }
}

function entryOf(spot: Spot): IndexEntry {
  return { ...descriptorOf(spot), platform: optional(member(spot, 'platform'), platformOf) }
}

function platformOf(spot: Spot): Platform {
  return {
    os: platformPart(member(spot, 'os')) ?? '',
    architecture: platformPart(member(spot, 'architecture')) ?? '',
    variant: platformPart(member(spot, 'variant')) || undefined,
  }
}

function platformPart(spot: Spot): string | undefined {
  const part = optional(spot, asText)
  if (part !== undefined && !PLATFORM_PART.test(part))
    throw spot.refuse(spot, `must be a plain word, not ${JSON.stringify(part)}`)
  return part
}

function manifestOf(document: Spot): ImageManifest {
  const mediaType = checkType(document, MANIFEST_TYPES) ?? OCI_MANIFEST
  const config = descriptorOf(member(document, 'config'))
  if (!CONFIG_TYPES.includes(config.mediaType)) {
    throw document.refuse(
      document,
      `is an artifact of type ${JSON.stringify(config.mediaType)}, not a container image`,
    )
  }
  if (config.size > DOCUMENT_LIMIT)
    throw document.refuse(document, `names a configuration of ${config.size} bytes`)
  return { kind: 'manifest', mediaType, config, layers: asList(member(document, 'layers')).map(layerOf) }
}

function layerOf(spot: Spot): Descriptor {
  const urls = member(spot, 'urls')
  if (!isAbsent(urls) && asList(urls).length > 0) {
    throw spot.refuse(spot, "is refused: it is to be fetched from an address of the image's choosing")
  }
  const descriptor = descriptorOf(spot)
  compressionOf(descriptor.mediaType)
  return descriptor
}

function descriptorOf(spot: Spot): Descriptor {
  return {
    mediaType: asText(member(spot, 'mediaType')),
    digest: parseDigest(member(spot, 'digest').value, `${spot.path}.digest of the image manifest`),
    size: asCount(member(spot, 'size')),
  }
}

function checkType(document: Spot, allowed: readonly string[]): string | undefined {
  const spot = member(document, 'mediaType')
  const mediaType = optional(spot, asText)
  if (mediaType !== undefined && !allowed.includes(mediaType)) {
    throw spot.refuse(spot, `is ${JSON.stringify(mediaType)}, which its content is not`)
  }
  return mediaType
}
