/** `ctrbuild verify`: holds bundles and store against what they were made of. */
import { bundlesWithGenerations } from '../apply/generations.ts'
import { readHistory } from '../apply/history.ts'
import type { Places } from '../apply/places.ts'
import { type Finding, type NamedGeneration, type Verified, verify as verifyStore } from '../apply/verify.ts'
import { EXIT_STATUS } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { startReaders } from '../ostree/readers.ts'
import { openRepo } from '../ostree/repo.ts'
import type { Repo } from '../ostree/types.ts'
import { counted } from '../report/format.ts'
import { printable } from '../sys/printable.ts'
import { type CommandOptions, painter, type Surroundings } from './context.ts'
import { historyOf } from './history.ts'
import { readPlaces } from './read-places.ts'
import { withStoreLock } from './store-lock.ts'

export interface VerifyOptions extends CommandOptions {
  /** Bundles to limit it to; empty means all, and the whole store. */
  readonly names: readonly string[]
  /** Recompute the checksum of every object. */
  readonly deep: boolean
  readonly repair: boolean
  readonly json: boolean
  /** For repairs: ask no registry. */
  readonly offline: boolean
  /** Milliseconds to wait for another ctrbuild that holds the store. */
  readonly lockTimeout: number
}

/** One look at everything. */
export interface Look extends Verified {
  /** Undefined where nothing was applied yet. */
  readonly repo: Repo | undefined
  readonly generations: readonly NamedGeneration[]
}

/**
 * Ends with 1 where something is damaged, or stays so after a repair.
 * @throws CtrbuildError USAGE for a bundle that was never made, STORE_BUSY; as repair
 */
export async function verify(options: VerifyOptions, surroundings: Surroundings): Promise<number> {
  if (options.repair) return (await import('./repair.ts')).repair(options, surroundings)
  const places = readPlaces(options, surroundings)
  if (places === undefined) return EXIT_STATUS.SPEC_INVALID
  const locking = { verb: 'verify', lockTimeout: options.lockTimeout }
  const look = await withStoreLock(places, locking, surroundings, () => lookAt(places, options, surroundings))
  surroundings.stdout.write(
    options.json
      ? canonicalJson({ formatVersion: 1, ...summary(look), deep: options.deep, problems: look.findings })
      : text(look, options, surroundings),
  )
  return look.findings.length === 0 ? 0 : EXIT_STATUS.FAILED
}

/** Verifies, with the store's lock held. */
export async function lookAt(
  places: Places,
  { names, deep }: Pick<VerifyOptions, 'names' | 'deep'>,
  { cpus, signal }: Surroundings,
): Promise<Look> {
  const bundles = names.length === 0 ? bundlesWithGenerations(places.out) : [...new Set(names)].sort()
  const generations = bundles.flatMap(name =>
    (names.length === 0 ? readHistory(places.out, name) : historyOf(places, name)).map(one => ({
      ...one,
      name,
    })),
  )
  const repo = openRepo(places.repo)
  if (repo === undefined) return { ...NOTHING, findings: generations.map(storeGone), generations, repo }
  const readers = startReaders(1)
  try {
    const all = names.length === 0
    const work = { repo, generations, all, deep, readers, threads: cpus, signal }
    return { ...(await verifyStore(work)), generations, repo }
  } finally {
    await readers.close()
  }
}

const NOTHING: Verified = {
  findings: [],
  bad: new Map(),
  closure: { objects: new Set(), faults: new Map(), reaches: () => false },
  refs: new Map(),
  brokenRefs: [],
  wrongFiles: [],
  objectsChecked: 0,
}

function storeGone({ name, number }: NamedGeneration): Finding {
  return { bundle: name, generation: number, problem: 'the store is gone' }
}

/** What was looked at, for programs. */
export function summary({ findings, generations, objectsChecked }: Look): object {
  const bundles = new Set(generations.map(({ name }) => name)).size
  return {
    ok: findings.length === 0,
    checked: { bundles, generations: generations.length, objects: objectsChecked },
  }
}

/** What was found, for people. */
export function text(look: Look, options: VerifyOptions, { stdout }: Surroundings): string {
  const paint = painter(options, stdout)
  const { findings, generations, objectsChecked } = look
  const looked = `${counted(generations.length, 'generation')}, ${counted(objectsChecked, 'object')}`
  const end =
    findings.length === 0
      ? paint('green', `No damage: ${looked}.`)
      : paint('red', `${counted(findings.length, 'problem')}: ${looked}.`)
  return [...findings.map(line), end].map(one => `${one}\n`).join('')
}

function line({ bundle, generation, path, object, ref, problem }: Finding): string {
  const where = bundle === undefined ? 'store' : `${bundle} ${generation}`
  const what = [path, object === undefined ? undefined : `object ${object}`, ref].filter(
    one => one !== undefined,
  )
  return printable(`${where}: ${what.join(', ')}${what.length === 0 ? '' : ': '}${problem}`)
}
