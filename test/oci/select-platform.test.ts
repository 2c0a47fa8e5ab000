import { expect, test } from 'vitest'
import { digestOf } from '../../src/oci/digest.ts'
import { OCI_MANIFEST } from '../../src/oci/media-types.ts'
import { parsePlatform } from '../../src/oci/platform.ts'
import { selectPlatform } from '../../src/oci/select-platform.ts'
import { problemOf } from '../support/problem.ts'

const child = { mediaType: OCI_MANIFEST, digest: digestOf('x'), size: 9 }

/** The entry that is taken, as its platform was written; or what is wrong. */
async function selected(offered: readonly string[], wanted: string): Promise<string> {
  const manifests = offered.map((text, i) => ({
    ...child,
    size: i,
    platform: text === '' ? undefined : parsePlatform(text),
  }))
  let found = ''
  const problem = await problemOf(() => {
    found = offered[selectPlatform({ kind: 'index', manifests }, parsePlatform(wanted), 'it').size]!
  })
  return problem === 'nothing wrong' ? found : problem
}

test.each([
  [['linux/arm64', 'linux/amd64'], 'linux/amd64', 'linux/amd64'],
  [['linux/arm64/v8'], 'linux/arm64', 'linux/arm64/v8'],
  [['linux/arm64/v8', 'linux/arm64'], 'linux/arm64', 'linux/arm64'],
  [['linux/arm64'], 'linux/arm64/v8', 'linux/arm64'],
  [['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7', 'linux/arm/v7'],
  [['linux/arm/v5', 'linux/arm/v6'], 'linux/arm/v7', 'linux/arm/v6'],
  [['linux/arm/v7', 'linux/arm/v6'], 'linux/arm', 'linux/arm/v6'],
  [['linux/amd64/v3', 'linux/amd64'], 'linux/amd64/v2', 'linux/amd64'],
  [[''], 'linux/amd64', ''],
  [
    ['linux/arm/v7'],
    'linux/arm/v6',
    'PLATFORM_MISSING: it has nothing for linux/arm/v6, only for linux/arm/v7',
  ],
  [
    ['windows/amd64'],
    'linux/amd64',
    'PLATFORM_MISSING: it has nothing for linux/amd64, only for windows/amd64',
  ],
  [[], 'linux/amd64', 'PLATFORM_MISSING: it has nothing for linux/amd64'],
])('of %j, %s takes %j', async (offered, wanted, found) => {
  expect(await selected(offered, wanted)).toBe(found)
})

test('what an index has beside images is not an image for the platform', async () => {
  const platform = parsePlatform('linux/amd64')
  const manifests = [{ ...child, mediaType: 'application/example', platform }]
  expect(await problemOf(() => selectPlatform({ kind: 'index', manifests }, platform))).toContain(
    'PLATFORM_MISSING',
  )
})
