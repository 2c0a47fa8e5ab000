/** `ctrbuild install`: puts the services of bundles in place, and has systemd read them. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { currentGeneration, namesIn } from '../apply/generations.ts'
import type { Places } from '../apply/places.ts'
import { EXIT_STATUS } from '../errors.ts'
import { type Installable, installableOf } from '../install/entries.ts'
import { planInstall } from '../install/install.ts'
import type { Target } from '../install/target.ts'
import type { Scope } from '../system/variables.ts'
import type { CommandOptions, Surroundings } from './context.ts'
import { userPlacesOf } from './inputs.ts'
import { installOn } from './install-on.ts'
import { readPlaces } from './read-places.ts'
import { withStoreLock } from './store-lock.ts'
import { usage } from './usage.ts'

export interface InstallOptions extends CommandOptions {
  /** None: every bundle that has something to install. */
  readonly names: readonly string[]
  /** The folder of another machine, as written; undefined for this one. */
  readonly root: string | undefined
  readonly dryRun: boolean
  readonly json: boolean
  /** Milliseconds to wait for another ctrbuild. */
  readonly lockTimeout: number
}

/** @throws CtrbuildError NOT_APPLIED, USAGE, STORE_BUSY; as planInstall and perform */
export async function install(options: InstallOptions, surroundings: Surroundings): Promise<number> {
  const places = readPlaces(options, surroundings)
  if (places === undefined) return EXIT_STATUS.SPEC_INVALID
  const work = async () => {
    await installFrom(places, options, surroundings)
    return 0
  }
  const locking = { verb: 'install', lockTimeout: options.lockTimeout }
  return options.dryRun ? work() : withStoreLock(places, locking, surroundings, work)
}

/** Installs from an output folder whose lock is held, or where nothing is to be changed. */
export async function installFrom(
  places: Places,
  options: InstallOptions,
  surroundings: Surroundings,
): Promise<void> {
  const bundles = installables(places, options.names)
  if (bundles.length === 0 && !options.json) surroundings.stdout.write('No bundle has anything to install.\n')
  for (const scope of ['system', 'user'] as const) {
    const ofScope = bundles.filter(bundle => bundle.scope === scope)
    if (ofScope.length === 0) continue
    const target = targetOf(scope, options, surroundings)
    await installOn(
      target,
      () => ofScope.map(bundle => planInstall(bundle, target, places.out)),
      options,
      surroundings,
    )
  }
}

/** @throws CtrbuildError USAGE where `--root` is no folder */
export function targetOf(
  scope: Scope,
  { root }: Pick<InstallOptions, 'root'>,
  surroundings: Surroundings,
): Target {
  const path = root === undefined ? '/' : resolve(surroundings.cwd, root)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw usage(`--root ${JSON.stringify(root)} is no folder`, 'Make it first')
  return { root: path === '/' ? '' : path, scope, home: userPlacesOf(surroundings).home }
}

function installables(places: Places, names: readonly string[]): readonly Installable[] {
  // What ctrbuild did not make is nothing to install, unless somebody names it.
  const all = names.length > 0 ? names : namesIn(places.out).filter(name => isGeneration(places.out, name))
  return [...new Set(all)].flatMap(name => installableOf(places, name) ?? [])
}

function isGeneration(out: string, name: string): boolean {
  return !['none', 'foreign'].includes(currentGeneration(out, name))
}
