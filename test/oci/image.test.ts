import { expect, test } from 'vitest'
import { digestOf } from '../../src/oci/digest.ts'
import { parseManifest } from '../../src/oci/manifest.ts'
import { compressionOf } from '../../src/oci/media-types.ts'
import { problemOf } from '../support/problem.ts'

const OCI = 'application/vnd.oci.image'
const DOCKER = 'application/vnd.docker'
const digest = digestOf('x')
const config = { mediaType: `${OCI}.config.v1+json`, digest, size: 2 }
const layer = { mediaType: `${OCI}.layer.v1.tar+gzip`, digest, size: 3 }
const manifest = { schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json`, config, layers: [layer] }
const dockerManifest = {
  schemaVersion: 2,
  mediaType: `${DOCKER}.distribution.manifest.v2+json`,
  config: { mediaType: `${DOCKER}.container.image.v1+json`, digest, size: 2 },
  layers: [{ mediaType: `${DOCKER}.image.rootfs.diff.tar.gzip`, digest, size: 3 }],
}
const child = { mediaType: manifest.mediaType, digest, size: 9 }
const index = {
  schemaVersion: 2,
  manifests: [{ ...child, platform: { os: 'linux', architecture: 'amd64' } }],
}

function json(value: unknown): Buffer {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}

test('reads manifests of OCI and of Docker', () => {
  expect(parseManifest(json(manifest))).toEqual({
    kind: 'manifest',
    mediaType: manifest.mediaType,
    config,
    layers: [layer],
  })
  expect(parseManifest(json(dockerManifest))).toMatchObject({
    kind: 'manifest',
    mediaType: dockerManifest.mediaType,
  })
})

test('a manifest without media type is of OCI, and one without layers is an image', () => {
  const { mediaType: _, ...bare } = manifest
  expect(parseManifest(json({ ...bare, layers: [] }))).toMatchObject({
    mediaType: manifest.mediaType,
    layers: [],
  })
})

test('reads indexes of OCI and of Docker', () => {
  const platform = { os: 'linux', architecture: 'amd64', variant: undefined }
  expect(parseManifest(json(index))).toEqual({ kind: 'index', manifests: [{ ...child, platform }] })
  const list = { ...index, mediaType: `${DOCKER}.distribution.manifest.list.v2+json` }
  expect(parseManifest(json(list))).toMatchObject({ kind: 'index' })
})

const INVALID: readonly [name: string, document: unknown, problem: string][] = [
  ['not JSON', '{', 'is not JSON'],
  ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]).toString('latin1'), 'must be an object'],
  ['a list', [], 'must be an object'],
  ['both kinds with layers', { ...index, layers: [] }, 'ambiguous'],
  ['both kinds with config', { ...index, config }, 'ambiguous'],
  ['neither kind', { schemaVersion: 2 }, 'neither "manifests" nor'],
  [
    'index by its media type only',
    { ...manifest, mediaType: `${OCI}.index.v1+json` },
    'which its content is not',
  ],
  [
    'manifest by its media type only',
    { ...index, mediaType: manifest.mediaType },
    'which its content is not',
  ],
  ['schema 1', { schemaVersion: 1, fsLayers: [] }, 'schema 1'],
  ['schema 1 by its layers', { ...manifest, fsLayers: [] }, 'schema 1'],
  [
    'schema 1 by its type',
    { ...manifest, mediaType: `${DOCKER}.distribution.manifest.v1+prettyjws` },
    'schema 1',
  ],
  ['no version', { config, layers: [] }, 'schemaVersion of the image manifest must be 2'],
  ['no config', { schemaVersion: 2, layers: [] }, 'config of the image manifest is missing'],
  ['no layers', { schemaVersion: 2, config }, 'layers of the image manifest is missing'],
  [
    'an artifact',
    { ...manifest, config: { ...config, mediaType: `${OCI}.empty.v1+json` } },
    'is an artifact',
  ],
  [
    'a huge config',
    { ...manifest, config: { ...config, size: 2 ** 30 } },
    'configuration of 1073741824 bytes',
  ],
  [
    'a negative size',
    { ...manifest, layers: [{ ...layer, size: -1 }] },
    'layers[0].size of the image manifest must be a whole',
  ],
  ['half a byte', { ...manifest, layers: [{ ...layer, size: 0.5 }] }, 'must be a whole number'],
  ['a size past 2^53', { ...manifest, layers: [{ ...layer, size: 2 ** 53 }] }, 'must be a whole number'],
  ['a size as text', { ...manifest, layers: [{ ...layer, size: '3' }] }, 'must be a whole number'],
  [
    'a path for a digest',
    { ...manifest, layers: [{ ...layer, digest: 'sha256:../../x' }] },
    'DIGEST_INVALID',
  ],
  [
    'an upper-case digest',
    { ...manifest, layers: [{ ...layer, digest: digest.toUpperCase() }] },
    'DIGEST_INVALID',
  ],
  [
    'another algorithm',
    { ...manifest, config: { ...config, digest: `sha512:${'0'.repeat(128)}` } },
    'DIGEST_INVALID',
  ],
  [
    'layer urls',
    { ...manifest, layers: [{ ...layer, urls: ['http://x/'] }] },
    "address of the image's choosing",
  ],
  [
    'a foreign layer',
    { ...manifest, layers: [{ ...layer, mediaType: `${DOCKER}.image.rootfs.foreign.diff.tar.gzip` }] },
    'kept outside the registry',
  ],
  [
    'a layer not for distribution',
    { ...manifest, layers: [{ ...layer, mediaType: `${OCI}.layer.nondistributable.v1.tar+gzip` }] },
    'kept outside the registry',
  ],
  [
    'an encrypted layer',
    { ...manifest, layers: [{ ...layer, mediaType: `${OCI}.layer.v1.tar+gzip+encrypted` }] },
    'the layer is encrypted',
  ],
  [
    'a layer of something else',
    { ...manifest, layers: [{ ...layer, mediaType: 'text/plain' }] },
    'not a layer of files',
  ],
  [
    'a platform with an escape',
    { ...index, manifests: [{ ...child, platform: { os: 'linux\x1b[2J', architecture: 'amd64' } }] },
    'must be a plain word',
  ],
  ['five megabytes', `"${'x'.repeat(5_000_000)}"`, 'more than 4194304'],
]

test.each(INVALID)('refuses a manifest: %s', async (_name, document, problem) => {
  expect(await problemOf(() => parseManifest(json(document)))).toContain(problem)
})

test('refuses bytes that are not UTF-8', async () => {
  expect(await problemOf(() => parseManifest(Buffer.from([0x22, 0xff, 0x22])))).toContain('is not JSON')
})

test.each([
  [`${OCI}.layer.v1.tar`, 'none'],
  [`${OCI}.layer.v1.tar+gzip`, 'gzip'],
  [`${OCI}.layer.v1.tar+zstd`, 'zstd'],
  [`${DOCKER}.image.rootfs.diff.tar`, 'none'],
  [`${DOCKER}.image.rootfs.diff.tar.gzip`, 'gzip'],
])('%s is compressed by %s', (mediaType, compression) => {
  expect(compressionOf(mediaType)).toBe(compression)
})
