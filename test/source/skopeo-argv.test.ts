import { expect, test } from 'vitest'
import { digestOf } from '../../src/oci/digest.ts'
import { parseReference } from '../../src/oci/reference.ts'
import { copyArgv, inspectConfigArgv, inspectManifestArgv, skopeoName } from '../../src/source/skopeo-argv.ts'
import { imageSpec } from '../support/lock.ts'

const digest = digestOf('x')

test.each([
  ['redis', 'docker://redis:latest'],
  ['docker.io/library/redis:7', 'docker://docker.io/library/redis:7'],
  ['localhost:5000/a/b', 'docker://localhost:5000/a/b:latest'],
  [`redis:7@${digest}`, `docker://redis@${digest}`],
  ['oci:images', 'oci:images'],
  ['oci:images:redis:7', 'oci:images:redis:7'],
  ['docker-archive:a.tar:app:1', 'docker-archive:a.tar:app:1'],
  ['dir:a', 'dir:a'],
  ['containers-storage:app:1', 'containers-storage:app:1'],
])('%s is %s to skopeo', (text, name) => {
  expect(skopeoName(parseReference(text))).toBe(name)
})

test('a registry is asked for a manifest within a minute', () => {
  expect(inspectManifestArgv(imageSpec('redis:7'), digest)).toEqual([
    'skopeo',
    '--command-timeout=60s',
    'inspect',
    '--raw',
    `docker://redis@${digest}`,
  ])
})

test('an archive is asked for the configuration of a platform', () => {
  expect(inspectConfigArgv(imageSpec('oci-archive:a.tar', 'linux/arm/v7'))).toEqual([
    'skopeo',
    '--override-os=linux',
    '--override-arch=arm',
    '--override-variant=v7',
    'inspect',
    '--config',
    '--raw',
    'oci-archive:a.tar',
  ])
})

test('a tag is asked for the configuration of a platform, and a digest has only one', () => {
  const image = imageSpec('redis:7', 'linux/arm64')
  const choice = ['--override-os=linux', '--override-arch=arm64']
  const question = ['inspect', '--config', '--raw']
  expect(inspectConfigArgv(image)).toEqual([
    'skopeo',
    '--command-timeout=60s',
    ...choice,
    ...question,
    'docker://redis:7',
  ])
  expect(inspectConfigArgv(image, digest)).toEqual([
    'skopeo',
    '--command-timeout=60s',
    ...question,
    `docker://redis@${digest}`,
  ])
})

test('a copy keeps layers as they are', () => {
  expect(copyArgv(imageSpec('h/a:1', undefined, true), digest, { blobs: 'B', layout: 'L' })).toEqual([
    'skopeo',
    'copy',
    '--quiet',
    '--remove-signatures',
    '--src-tls-verify=false',
    '--dest-shared-blob-dir=B',
    '--dest-oci-accept-uncompressed-layers',
    `docker://h/a@${digest}`,
    'oci:L:image',
  ])
})
