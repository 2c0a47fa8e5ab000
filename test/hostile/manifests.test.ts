/** Manifests, indexes and configurations that lie, with the program: refused, and nothing is written. */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { type BuiltImage, put } from '../support/image.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { writeTar } from '../support/tar-writer.ts'
import { fileAt } from './apply-one.ts'
import { setCanary } from './canary.ts'
import { treeOf } from './field.ts'

type Json = Record<string, unknown>
/** A manifest as it should be, and its image; gives the one that is used. */
type Change = (manifest: Json & { config: Json; layers: Json[] }, image: BuiltImage) => Json

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const FOREIGN = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

let project: Project
let image: BuiltImage
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
  const layers = [writeTar([fileAt('one')]), writeTar([fileAt('two')])]
  image = await project.layout.add({ layers, config: { Cmd: ['/one'] } })
  await project.write('bundles: { it: { image: "oci:images:it" } }\n')
})

/** Names a document `it` in the layout's index. */
async function publish(document: unknown, mediaType = MANIFEST, more: Json = {}): Promise<void> {
  const placed = await put(project.layout.folder, mediaType, document)
  const annotations = { 'org.opencontainers.image.ref.name': 'it' }
  const index = { schemaVersion: 2, manifests: [{ ...placed, ...more, annotations }] }
  await writeFile(join(project.layout.folder, 'index.json'), JSON.stringify(index))
}

async function manifest(): Promise<Parameters<Change>[0]> {
  const path = join(project.layout.folder, 'blobs/sha256', image.manifest.digest.slice(7))
  return JSON.parse(await readFile(path, 'utf8'))
}

/** Applies, and expects that nothing comes of it; what the lock would lock it does not, if the image makes no sense. */
async function refused(): Promise<string> {
  const canaryIsWell = await setCanary(project)
  const { status, stderr } = await project.run(['apply'])
  await canaryIsWell()
  expect({ status, stderr }).toEqual({ status: 65, stderr: expect.not.stringMatching(/mistake|\n {4}at /) })
  const made = ['bundles.lock.json', 'out/it', 'out/.generations/it/1'].filter(path =>
    existsSync(join(project.folder, path)),
  )
  expect(made).toEqual(/^failed/m.test(stderr) ? ['bundles.lock.json'] : [])
  return stderr
}

const first =
  (more: Json): Change =>
  ({ layers: [layer, ...rest], ...manifest }) => ({
    ...manifest,
    layers: [{ ...layer, ...more }, ...rest],
  })
const config =
  (more: Json): Change =>
  manifest => ({ ...manifest, config: { ...manifest.config, ...more } })
const typed = (mediaType: string) => first({ mediaType })

// The parser's own tests have more of them.
describe('refused:', () => {
  test.for<[what: string, change: Change, said: RegExp]>([
    ['a manifest that is an index too', m => ({ ...m, manifests: [] }), /IMAGE_INVALID: .* is ambiguous/],
    [
      'a manifest that says it is an index',
      m => ({ ...m, mediaType: INDEX }),
      /IMAGE_INVALID: .* its content is not/,
    ],
    ['a negative size', first({ size: -1 }), /IMAGE_INVALID: layers\[0\]\.size .* not -1/],
    [
      'a digest that is a path',
      first({ digest: 'sha256:../../../../victim' }),
      /DIGEST_INVALID: layers\[0\]\.digest/,
    ],
    [
      'a digest of SHA-512',
      first({ digest: `sha512:${'a'.repeat(128)}` }),
      /DIGEST_INVALID: layers\[0\]\.digest/,
    ],
    [
      'a configuration whose digest is a path',
      config({ digest: 'sha256:../../oci-layout' }),
      /DIGEST_INVALID: config/,
    ],
    [
      'a configuration of another size',
      config({ size: 7 }),
      /DIGEST_MISMATCH: .*251 bytes, but 7 were promised/,
    ],
    [
      'a layer one byte too large',
      first({ size: 1_000 }),
      /DIGEST_MISMATCH: .* bytes, but 1000 were promised/,
    ],
    ['fewer layers than diffIDs', m => ({ ...m, layers: m.layers.slice(1) }), /has 1 layers, but .* names 2/],
    [
      'more layers than diffIDs',
      m => ({ ...m, layers: [...m.layers, m.layers[0]] }),
      /has 3 layers, but .* names 2/,
    ],
    ['layers in another order', m => ({ ...m, layers: m.layers.toReversed() }), /DIFFID_MISMATCH/],
    ['a foreign layer', typed(FOREIGN), /IMAGE_INVALID: .* is refused: it is kept outside the registry/],
    [
      'a layer at an address',
      first({ urls: ['http://127.0.0.1:1/'] }),
      /IMAGE_INVALID: .* of the image's choosing/,
    ],
    ['an encrypted layer', typed(`${LAYER}+gzip+encrypted`), /IMAGE_INVALID: .* is encrypted/],
  ])('%s', async ([, change, said]) => {
    await publish(change(await manifest(), image))
    expect(await refused()).toMatch(said)
  })

  test('an index that promises another size', async () => {
    const platform = { os: 'linux', architecture: 'amd64' }
    await publish({ schemaVersion: 2, manifests: [{ ...image.manifest, platform, size: 7 }] }, INDEX)
    expect(await refused()).toMatch(/DIGEST_MISMATCH: the manifest of .* has \d+ bytes, but 7 were promised/)
  })

  test('an index that promises another kind', async () => {
    const platform = { os: 'linux', architecture: 'amd64' }
    await publish({ schemaVersion: 2, manifests: [{ ...image.manifest, platform, mediaType: INDEX }] }, INDEX)
    expect(await refused()).toMatch(/PLATFORM_MISSING/)
  })
})

describe('taken:', () => {
  async function tree(): Promise<string> {
    const { status, stderr } = await project.run(['apply'])
    expect({ status, stderr }).toMatchObject({ status: 0 })
    return treeOf(join(project.folder, 'out/it/rootfs'))
  }

  test('a manifest without a media type', async () => {
    const { mediaType: _, ...rest } = await manifest()
    await publish(rest)
    expect(await tree()).toBe('f /one 644 one\nf /two 644 two')
  })

  test('an image without layers', async () => {
    await project.layout.add({ layers: [], config: { Cmd: ['/one'] } }, 'it')
    expect(await tree()).toBe('')
  })

  test('an image that has one layer twice, and another that has it compressed otherwise', async () => {
    const layer = writeTar([fileAt('one')])
    const other = [fileAt('.wh.one', { content: Buffer.alloc(0) })]
    await project.layout.add({ layers: [layer, writeTar(other), layer], config: { Cmd: ['/one'] } }, 'it')
    expect(await tree()).toBe('f /one 644 one')
    await project.layout.add({ layers: [layer], compression: 'none', config: { Cmd: ['/one'] } }, 'again')
    await project.write('bundles: { it: { image: "oci:images:again" } }\n')
    expect(await tree()).toBe('f /one 644 one')
  })
})
