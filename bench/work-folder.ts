/** The folder that a script finds itself in: empty but for what says which images to use. */
import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hexOf } from '../src/oci/digest.ts'
import type { ServedImage } from './images.ts'
import type { Place } from './place.ts'

let made = 0

/** Makes a folder with a `list` of images and their layers for the peers, and the same as a bundles.yaml. */
export function newFolder(place: Place, images: readonly ServedImage[], uid: number | undefined): string {
  const folder = join(place.path, `run-${++made}`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'list'), images.map(lineOf).join(''))
  writeFileSync(join(folder, 'bundles.yaml'), bundlesYaml(images))
  if (uid !== undefined)
    for (const path of ['.', 'list', 'bundles.yaml']) chownSync(join(folder, path), uid, uid)
  return folder
}

/** How much is in an image's layers, or in the lowest so many, uncompressed. */
export function sizeOf(image: ServedImage, count: number | undefined): { bytes: number; entries: number } {
  const layers = image.layers.slice(0, count)
  return {
    bytes: layers.reduce((sum, layer) => sum + layer.uncompressedSize, 0),
    entries: layers.reduce((sum, layer) => sum + layer.entries, 0),
  }
}

function lineOf({ name, reference, layers }: ServedImage): string {
  return `${[name, reference, ...layers.map(layer => hexOf(layer.digest))].join(' ')}\n`
}

function bundlesYaml(images: readonly ServedImage[]): string {
  return [
    'apiVersion: ctrbuild/v1',
    'kind: Bundles',
    'images:',
    ...images.map(({ name, reference }) => `  ${name}: { image: "${reference}", insecure: true }`),
    'bundles:',
    ...images.map(({ name }) => `  ${name}: { image: ${name} }`),
    '',
  ].join('\n')
}
