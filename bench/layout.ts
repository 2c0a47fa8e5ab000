/** The images as an OCI layout on disk, kept from one run to the next: each layer is made once (image-layout.md). */
import { createHash } from 'node:crypto'
import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Digest, digestOf, hexOf } from '../src/oci/digest.ts'
import { writeTar } from '../test/support/tar-writer.ts'
import { entriesOf, type LayerShape } from './shape.ts'

const TYPE = 'application/vnd.oci.image'
const TAR_END = 1024
/** To be raised when the same shape gives other bytes than before. */
const RECIPE = 1

/** A layer's blob. */
export interface MadeLayer {
  readonly digest: Digest
  readonly diffId: Digest
  readonly size: number
  readonly uncompressedSize: number
  readonly entries: number
}

/** An image of the layout, named by its tag. */
export interface MadeImage {
  readonly name: string
  readonly manifest: Digest
  readonly layers: readonly MadeLayer[]
}

/** A folder that holds an OCI layout. */
export interface Layout {
  readonly folder: string
  layer(shape: LayerShape): Promise<MadeLayer>
  image(name: string, layers: readonly MadeLayer[]): MadeImage
  /** Where a blob lies. */
  blob(digest: Digest): string
}

/** Opens a layout, or begins one. */
export function openLayout(folder: string): Layout {
  const blob = (digest: Digest) => join(folder, 'blobs/sha256', hexOf(digest))
  const index: object[] = []
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true })
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const put = (value: unknown) => {
    const bytes = Buffer.from(JSON.stringify(value))
    writeFileSync(blob(digestOf(bytes)), bytes)
    return { digest: digestOf(bytes), size: bytes.length }
  }
  return {
    folder,
    blob,
    async layer(shape) {
      const note = join(
        folder,
        `layer-${hexOf(digestOf(Buffer.from(JSON.stringify([RECIPE, shape])))).slice(0, 16)}.json`,
      )
      if (!existsSync(note)) {
        const draft = join(folder, 'draft')
        const made = await makeLayer(shape, draft)
        renameSync(draft, blob(made.digest))
        writeFileSync(note, JSON.stringify(made))
      }
      return JSON.parse(readFileSync(note, 'utf8')) as MadeLayer
    },
    image(name, layers) {
      const config = {
        architecture: 'amd64',
        os: 'linux',
        config: { Cmd: ['/usr/bin/true'] },
        rootfs: { type: 'layers', diff_ids: layers.map(layer => layer.diffId) },
      }
      const mediaType = `${TYPE}.manifest.v1+json`
      const manifest = put({
        schemaVersion: 2,
        mediaType,
        config: { mediaType: `${TYPE}.config.v1+json`, ...put(config) },
        layers: layers.map(({ digest, size }) => ({ mediaType: `${TYPE}.layer.v1.tar+gzip`, digest, size })),
      })
      index.push({ mediaType, ...manifest, annotations: { 'org.opencontainers.image.ref.name': name } })
      writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: index }))
      return { name, manifest: manifest.digest, layers }
    },
  }
}

async function makeLayer(shape: LayerShape, path: string): Promise<MadeLayer> {
  const made = {
    diffId: createHash('sha256'),
    digest: createHash('sha256'),
    size: 0,
    uncompressedSize: 0,
    entries: 0,
  }
  function* tar(): Generator<Buffer> {
    for (const entry of entriesOf(shape)) {
      made.entries += 1
      yield writeTar([entry]).subarray(0, -TAR_END)
    }
    yield Buffer.alloc(TAR_END)
  }
  function* plain(): Generator<Buffer> {
    for (const piece of tar()) {
      made.diffId.update(piece)
      made.uncompressedSize += piece.length
      yield piece
    }
  }
  async function* packed(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      made.digest.update(piece)
      made.size += piece.length
      yield piece
    }
  }
  await pipeline(
    Readable.from(plain()),
    createGzip({ level: 6, chunkSize: 1 << 20 }),
    packed,
    createWriteStream(path),
  )
  return { ...made, digest: digested(made.digest), diffId: digested(made.diffId) }
}

function digested(hash: ReturnType<typeof createHash>): Digest {
  return `sha256:${hash.digest('hex')}` as Digest
}
