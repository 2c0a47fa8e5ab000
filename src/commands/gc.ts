/** `ctrbuild gc`: frees what nothing leads to any more. */
import { collect } from '../apply/collect.ts'
import { findGarbage, type Garbage } from '../apply/garbage.ts'
import { bundlesWithGenerations, removeTree } from '../apply/generations.ts'
import { readHistory } from '../apply/history.ts'
import type { Places } from '../apply/places.ts'
import { storeUsers } from '../apply/store-users.ts'
import { unusedVolumes, type Volume } from '../apply/volumes.ts'
import { EXIT_STATUS } from '../errors.ts'
import { lockState } from '../lock/check.ts'
import type { Lock, LockedImage } from '../lock/types.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { pathOfObject } from '../ostree/inventory.ts'
import { formatBytes } from '../plan/bytes.ts'
import { desire } from '../plan/desire.ts'
import { counted } from '../report/format.ts'
import { removeDocuments, type UnusedDocument, unusedDocuments } from '../source/documents.ts'
import { bytesFreed } from '../sys/freed.ts'
import { printable } from '../sys/printable.ts'
import type { CommandOptions, Surroundings } from './context.ts'
import { privilegeOf, readLockFile, type SpecFile } from './inputs.ts'
import { readDeclared } from './read-places.ts'
import { lockRepo, withStoreLock } from './store-lock.ts'

export interface GcOptions extends CommandOptions {
  readonly dryRun: boolean
  /** Milliseconds; `undefined`: whatever its age. */
  readonly keepYoungerThan: number | undefined
  /** Drop the names of images that neither the lock nor a generation uses. */
  readonly unusedImages: boolean
  /** Free volumes that no bundle mounts. */
  readonly volumes: boolean
  readonly json: boolean
  /** Milliseconds to wait for whoever works in the store. */
  readonly lockTimeout: number
}

/** Documents are put down before the lock that names them: by default those of the last quarter of an hour stay. */
const GRACE = 15 * 60_000

interface Found extends Garbage {
  readonly unused: readonly UnusedDocument[]
  readonly volumes: readonly Volume[]
}

/**
 * Nobody else writes meanwhile: neither a ctrbuild nor a program of libostree's.
 * @throws CtrbuildError LOCK_INVALID, OBJECT_DAMAGED, STORE_BUSY
 */
export async function gc(options: GcOptions, surroundings: Surroundings): Promise<number> {
  const file = readDeclared(options, surroundings)
  if (file === undefined) return EXIT_STATUS.SPEC_INVALID
  const { places } = file
  const { lockTimeout, dryRun, json } = options
  return withStoreLock(places, { verb: 'gc', lockTimeout }, surroundings, async () => {
    const release = await lockExclusively(file, options, surroundings)
    try {
      const found = await find(file, options, surroundings)
      const bytes = bytesFreed(pathsOf(found))
      if (!dryRun) {
        await collect(places, found)
        await removeDocuments(places.documents, found.unused)
        for (const { path } of found.volumes) removeTree(path)
      }
      surroundings.stdout.write(json ? record(found, bytes, dryRun) : text(found, bytes, options))
      return 0
    } finally {
      release()
    }
  })
}

async function lockExclusively(
  { places }: SpecFile,
  { lockTimeout }: GcOptions,
  surroundings: Surroundings,
): Promise<() => void> {
  const { openRepo } = await import('../ostree/repo.ts')
  if (openRepo(places.repo) === undefined) return () => undefined
  const lock = await lockRepo(places, { exclusive: true, lockTimeout }, surroundings)
  return () => lock.release()
}

async function find(file: SpecFile, options: GcOptions, surroundings: Surroundings): Promise<Found> {
  const { places, spec } = file
  const lock = readLockFile(places)
  const now = surroundings.now()
  const { keepYoungerThan, unusedImages } = options
  const since = keepYoungerThan === undefined ? Number.POSITIVE_INFINITY : now - keepYoungerThan
  const garbage = await findGarbage(places, {
    images: [...(lock?.images ?? []), ...lockedByOthers(places)],
    chains: chainsOf(file, lock, surroundings),
    names: !unusedImages,
    since,
  })
  const unused = await unusedDocuments(
    places.documents,
    garbage.documents,
    Math.min(since, now - (keepYoungerThan ?? GRACE)),
  )
  if (!options.volumes) return { ...garbage, unused, volumes: [] }
  const going = new Set(garbage.generations.map(({ path }) => path))
  const stamps = bundlesWithGenerations(places.out)
    .flatMap(name => readHistory(places.out, name))
    .flatMap(({ path, stamp }) => (stamp === undefined || going.has(path) ? [] : [stamp.spec]))
  return { ...garbage, unused, volumes: unusedVolumes(places.out, [...spec.bundles, ...stamps]) }
}

/** Several bundles.yaml may share a store. */
function lockedByOthers(places: Places): readonly LockedImage[] {
  return storeUsers(places)
    .filter(user => user.lockFile !== places.lockFile)
    .flatMap(user => readLockFile(user)?.images ?? [])
}

/** Unions that an apply of what is declared needs. */
function chainsOf({ spec }: SpecFile, lock: Lock | undefined, surroundings: Surroundings) {
  if (lock === undefined || lockState(spec, lock).kind !== 'complete') return []
  return desire(spec, lock, privilegeOf(surroundings).kind).bundles.map(({ chainId }) => chainId)
}

function pathsOf({ repo, generations, refs, objects, blobs, leftovers, unused, volumes }: Found): string[] {
  return [
    ...generations.map(({ path }) => path),
    ...(repo === undefined
      ? []
      : [
          ...refs.map(ref => `${repo.path}/refs/heads/${ref}`),
          ...objects.map(object => pathOfObject(repo, object)),
        ]),
    ...blobs,
    ...leftovers,
    ...unused.map(({ path }) => path),
    ...volumes.map(({ path }) => path),
  ]
}

function record(found: Found, bytes: number, dryRun: boolean): string {
  return canonicalJson({
    formatVersion: 1,
    dryRun,
    bytes,
    generations: found.generations.map(({ name, number }) => ({ bundle: name, generation: number })),
    refs: found.refs.length,
    objects: found.objects.length,
    blobs: found.blobs.length,
    documents: found.unused.length,
    leftovers: found.leftovers.length,
    volumes: found.volumes.map(({ bundle, name }) => ({ bundle, name })),
    onlyNamed: found.onlyNamed,
  })
}

function text(found: Found, bytes: number, { dryRun, unusedImages }: GcOptions): string {
  const verb = dryRun ? 'Would free' : 'Freed'
  const counts = [
    counted(found.generations.length, 'generation'),
    counted(found.refs.length, 'ref'),
    counted(found.objects.length, 'object'),
    counted(found.blobs.length, 'blob'),
    counted(found.unused.length, 'document'),
    counted(found.leftovers.length, 'leftover'),
  ]
  const names = found.onlyNamed.join(', ')
  const kept = `${counted(found.onlyNamed.length, 'image')} in use by name alone: ${names}. --unused-images drops them.`
  return [
    ...found.generations.map(({ name, number }) => `- generation ${number} of ${name}`),
    ...found.volumes.map(({ bundle, name }) => `- volume ${name} of ${bundle}`),
    `${verb} ${formatBytes(bytes)}: ${counts.filter(count => !count.startsWith('0 ')).join(', ') || 'nothing'}.`,
    ...(found.onlyNamed.length > 0 && !unusedImages ? [kept] : []),
  ]
    .map(line => `${printable(line)}\n`)
    .join('')
}
