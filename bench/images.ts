/** The images that are measured: what is in them, and a registry of our own that serves them. */
import { runProgram } from '../src/sys/program.ts'
import { type Registry, startRegistry } from '../test/support/registry.ts'
import type { Layout, MadeImage, MadeLayer } from './layout.ts'
import type { LayerShape } from './shape.ts'

const MB = 1e6

/** What a Debian with some packages has; several images stand on it. */
const BASE: LayerShape = { seed: 1, files: 7600, bytes: 158 * MB, isBase: true }

/** Images that share the base, each with a program of its own. */
export const FLEET = Array.from({ length: 8 }, (_, i) => `fleet${i + 1}`)

const SHAPES: Readonly<Record<string, readonly LayerShape[]>> = {
  small: [{ seed: 2, files: 120, bytes: 2 * MB, isBase: true }],
  medium: [
    BASE,
    { seed: 3, files: 600, bytes: 24 * MB, changes: { base: BASE, oneIn: 200 } },
    { seed: 4, files: 120, bytes: 6 * MB },
  ],
  big: [
    { seed: 5, files: 12_600, bytes: 420 * MB, isBase: true },
    { seed: 6, files: 2400, bytes: 160 * MB },
  ],
  huge: [{ seed: 7, files: 32, bytes: 2048 * MB, isBase: true, isPlain: true }],
  ...Object.fromEntries(
    FLEET.map((name, i): [string, LayerShape[]] => [
      name,
      [BASE, { seed: 10 + i, files: 250, bytes: 6 * MB }],
    ]),
  ),
}

/** An image in the registry. */
export interface ServedImage extends MadeImage {
  /** With its digest, so that nobody asks what a tag means. */
  readonly reference: string
}

/** Images in a registry on this machine's loopback. */
export interface Served {
  readonly images: ReadonlyMap<string, ServedImage>
  stop(): Promise<void>
}

/** Makes the images that are not there yet. */
export async function makeImages(layout: Layout, names: readonly string[]): Promise<MadeImage[]> {
  const images: MadeImage[] = []
  for (const name of names) {
    const layers: MadeLayer[] = []
    for (const shape of SHAPES[name]!) layers.push(await layout.layer(shape))
    images.push(layout.image(name, layers))
  }
  return images
}

/** Starts a registry that has the images. */
export async function serve(layout: Layout, images: readonly MadeImage[]): Promise<Served> {
  const registry = await startRegistry()
  try {
    for (const { name } of images) await push(layout, registry, name)
  } catch (error) {
    await registry.stop()
    throw error
  }
  const served = images.map(image => ({ ...image, reference: `${registry.host}/bench@${image.manifest}` }))
  return { images: new Map(served.map(image => [image.name, image])), stop: () => registry.stop() }
}

/** All into one repository, so that layers which images share are there once. */
async function push(layout: Layout, registry: Registry, name: string): Promise<void> {
  const destination = `docker://${registry.host}/bench:${name}`
  await runProgram([
    'skopeo',
    'copy',
    '--quiet',
    '--dest-tls-verify=false',
    `oci:${layout.folder}:${name}`,
    destination,
  ])
}
