/** Builds small images as OCI layouts (image-layout.md), and puts them where skopeo can. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Digest, digestOf, hexOf } from '../../src/oci/digest.ts'
import { skopeoEnvironment } from '../../src/source/skopeo-environment.ts'
import { runProgram } from '../../src/sys/program.ts'

const TYPE = 'application/vnd.oci.image'

/** An image to build; only `layers` is needed. */
export interface ImageInput {
  /** Uncompressed tars, lowest first. */
  readonly layers: readonly Buffer[]
  /** The configuration's `config`. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Default amd64. */
  readonly architecture?: string
  readonly variant?: string
  /** Default gzip. */
  readonly compression?: 'gzip' | 'none'
  /** What the layers are stored as, whatever `layers` and `compression` say: for images that lie. */
  readonly blobs?: readonly Buffer[]
  /** What the configuration says of the layers, for images that lie. */
  readonly diffIds?: readonly Digest[]
}

interface Placed {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
}

/** An image that was built. */
export interface BuiltImage {
  readonly manifest: Placed
  readonly config: Placed
  readonly layers: readonly Placed[]
  readonly diffIds: readonly Digest[]
  readonly platform: { readonly os: string; readonly architecture: string; readonly variant?: string }
}

/** A folder that images are built in. */
export interface Layout {
  readonly folder: string
  /** Builds an image and, with a tag, names it so. */
  add(input: ImageInput, tag?: string): Promise<BuiltImage>
  /** Names an index of images. */
  addIndex(images: readonly BuiltImage[], tag: string): Promise<Placed>
  /** Copies a tag to another place in skopeo's words; a relative path there counts from the layout. */
  copyTo(tag: string, destination: string, ...flags: string[]): Promise<void>
}

/** An empty layout in a folder. */
export async function newLayout(folder: string): Promise<Layout> {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true })
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [] }))
  return {
    folder,
    async add(input, tag) {
      const image = await build(folder, input)
      if (tag !== undefined) await name(folder, tag, image.manifest)
      return image
    },
    async addIndex(images, tag) {
      const manifests = images.map(image => ({ ...image.manifest, platform: image.platform }))
      const index = await put(folder, `${TYPE}.index.v1+json`, { schemaVersion: 2, manifests })
      await name(folder, tag, index)
      return index
    },
    async copyTo(tag, destination, ...flags) {
      const env = await skopeoEnvironment(destination.startsWith('docker:') ? 'docker' : 'oci', undefined)
      await runProgram(['skopeo', 'copy', '--quiet', ...flags, `oci:.:${tag}`, destination], {
        cwd: folder,
        env,
      })
    },
  }
}

/** Writes a blob into a layout: bytes as they are, anything else as JSON. */
export async function put(folder: string, mediaType: string, content: unknown): Promise<Placed> {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))
  const digest = digestOf(bytes)
  const path = join(folder, 'blobs/sha256', hexOf(digest))
  // Never in place: a store may have linked what is there.
  await rm(path, { force: true })
  await writeFile(path, bytes)
  return { mediaType, digest, size: bytes.length }
}

async function build(folder: string, input: ImageInput): Promise<BuiltImage> {
  const { architecture = 'amd64', variant, compression = 'gzip' } = input
  const platform = { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) }
  const diffIds = input.diffIds ?? input.layers.map(layer => digestOf(layer))
  const rootfs = { type: 'layers', diff_ids: diffIds }
  const config = await put(folder, `${TYPE}.config.v1+json`, {
    ...platform,
    config: input.config ?? {},
    rootfs,
  })
  const type = `${TYPE}.layer.v1.tar${compression === 'gzip' ? '+gzip' : ''}`
  const layers: Placed[] = []
  const compress = (layer: Buffer) => (compression === 'gzip' ? gzipSync(layer, { level: 1 }) : layer)
  for (const blob of input.blobs ?? input.layers.map(compress)) layers.push(await put(folder, type, blob))
  const document = { schemaVersion: 2, mediaType: `${TYPE}.manifest.v1+json`, config, layers }
  const manifest = await put(folder, document.mediaType, document)
  return { manifest, config, layers, diffIds, platform }
}

async function name(folder: string, tag: string, placed: Placed): Promise<void> {
  const path = join(folder, 'index.json')
  const index = JSON.parse(await readFile(path, 'utf8')) as { manifests: object[] }
  index.manifests.push({ ...placed, annotations: { 'org.opencontainers.image.ref.name': tag } })
  await writeFile(path, JSON.stringify(index))
}
