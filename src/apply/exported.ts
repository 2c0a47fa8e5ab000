/** Reads a generation back for export: its files from the disk, its root file system from the store. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { RuntimeConfig } from '../bundle/types.ts'
import { CtrbuildError } from '../errors.ts'
import type { ExportSubject } from '../export/subject.ts'
import { readListing, unionListingRef } from '../ostree/listings.ts'
import type { Repo } from '../ostree/types.ts'
import { decodeListing } from '../tree/listing.ts'
import { STAMP } from './generations.ts'
import type { Generation } from './history.ts'
import { rootfsOf } from './rootfs-tree.ts'

/**
 * A generation as values. Owners, modes and extended attributes are those of the image, also where a plain user made
 * it; what a container wrote into a writable root file system is not looked at.
 * @throws CtrbuildError GENERATION_MISSING where it is not whole, OBJECT_DAMAGED
 */
export function readExported(repo: Repo, name: string, generation: Generation): ExportSubject {
  const { stamp, damage, number, path } = generation
  if (stamp === undefined || damage !== undefined) {
    throw new CtrbuildError('GENERATION_MISSING', `generation ${number} of ${name} is not whole: ${damage}`, {
      hint: 'Run "ctrbuild apply", or name another one with --generation',
    })
  }
  const listing = readListing(repo, unionListingRef(stamp.chainId))
  if (listing === undefined) {
    throw new CtrbuildError('OBJECT_DAMAGED', `the store has lost ${unionListingRef(stamp.chainId)}`, {
      hint: 'Run "ctrbuild apply": what is missing is made anew',
    })
  }
  const files = [...Object.keys(stamp.files), STAMP].sort().map(file => ({
    path: file,
    mode: statSync(join(path, file)).mode & 0o777,
    bytes: readFileSync(join(path, file)),
  }))
  const config = files.find(file => file.path === 'config.json')!.bytes
  return {
    name,
    stamp,
    spec: stamp.spec,
    config: JSON.parse(config.toString('utf8')) as RuntimeConfig,
    root: rootfsOf(decodeListing(listing), stamp.points),
    files,
  }
}
