/** `ctrbuild images`: what the store has by name. */
import { type NamedImage, namedImages } from '../apply/live-refs.ts'
import { type StoredLayer, storedLayers } from '../apply/stored-layers.ts'
import { EXIT_STATUS } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { listRefs } from '../ostree/refs.ts'
import { openRepo } from '../ostree/repo.ts'
import { formatBytes } from '../plan/bytes.ts'
import { shortDigest } from '../plan/reasons.ts'
import { columns } from '../report/columns.ts'
import { printable } from '../sys/printable.ts'
import { type CommandOptions, painter, type Surroundings } from './context.ts'
import { readPlaces } from './read-places.ts'

export interface ImagesOptions extends CommandOptions {
  readonly json: boolean
}

/** An image with the layers that the store has of it. */
interface Held extends NamedImage {
  readonly stored: readonly StoredLayer[]
  /** Bytes of its layers as blobs, and of those that no other name has. */
  readonly size: number
  readonly unique: number
}

/** @throws CtrbuildError OBJECT_DAMAGED */
export async function images(options: ImagesOptions, surroundings: Surroundings): Promise<number> {
  const places = readPlaces(options, surroundings)
  if (places === undefined) return EXIT_STATUS.SPEC_INVALID
  const repo = openRepo(places.repo)
  const refs = repo === undefined ? new Map() : listRefs(repo)
  const named = repo === undefined ? [] : namedImages(repo, refs)
  const held = holdings(named, repo === undefined ? [] : storedLayers(repo, refs))
  const { stdout } = surroundings
  if (options.json) {
    const records = held.map(({ name, manifest, config, layers, stored, size, unique }) => ({
      name,
      manifest: manifest ?? null,
      config: config ?? null,
      layers: layers.map(digest => stored.find(layer => layer.digest === digest) ?? { digest }),
      size,
      unique,
      shared: size - unique,
    }))
    stdout.write(canonicalJson({ formatVersion: 1, images: records }))
    return 0
  }
  const rows = held.map(({ name, manifest, layers, stored, size, unique }) => [
    printable(name),
    manifest === undefined ? '?' : shortDigest(manifest),
    stored.length === layers.length ? String(layers.length) : `${stored.length} of ${layers.length}`,
    formatBytes(size),
    formatBytes(unique),
  ])
  stdout.write(columns(['IMAGE', 'MANIFEST', 'LAYERS', 'SIZE', 'ITS OWN'], rows, painter(options, stdout)))
  return 0
}

function holdings(named: readonly NamedImage[], layers: readonly StoredLayer[]): Held[] {
  const uses = new Map<string, number>()
  for (const image of named)
    for (const digest of new Set(image.layers)) uses.set(digest, (uses.get(digest) ?? 0) + 1)
  return named.map(image => {
    const stored = layers.filter(({ digest }) => image.layers.includes(digest))
    const sum = (some: readonly StoredLayer[]) => some.reduce((total, { size }) => total + size, 0)
    const unique = sum(stored.filter(({ digest }) => uses.get(digest) === 1))
    return { ...image, stored, size: sum(stored), unique }
  })
}
