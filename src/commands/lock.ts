/** `ctrbuild lock`: asks what images mean that are not locked yet, or all of them anew, and writes bundles.lock.json. */
import { basename } from 'node:path'
import { EXIT_STATUS } from '../errors.ts'
import { lockChanges } from '../lock/changes.ts'
import { type ImageName, lockState, notLocked, stateOf } from '../lock/check.ts'
import { imageKey, imagesOf } from '../lock/images.ts'
import { resolveLock } from '../lock/resolve.ts'
import { formatLock } from '../lock/text.ts'
import type { Lock } from '../lock/types.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { formatPlatform } from '../oci/platform.ts'
import { renderLockChanges, renderLockState } from '../report/lock-lines.ts'
import { tellerOf } from '../report/tell.ts'
import { closest } from '../spec/suggest.ts'
import type { ImageSpec } from '../spec/types.ts'
import { type CommandOptions, painter, type Surroundings } from './context.ts'
import { readLockFile, readSpecFile, type SpecFile, writeLockFile } from './inputs.ts'
import { openSource } from './open-source.ts'
import { usage } from './usage.ts'

export interface LockOptions extends CommandOptions {
  /** Names from `images`, or references; empty means all. */
  readonly images: readonly string[]
  /** Ask again what is locked already. */
  readonly upgrade: boolean
  /** Change nothing and ask nobody: say whether something would have to be changed. */
  readonly check: boolean
  readonly offline: boolean
  readonly json: boolean
}

/** @throws CtrbuildError LOCK_MISSING, LOCK_OUTDATED where `options.check`; USAGE for unknown images; as ImageSource.resolve */
export async function lock(options: LockOptions, surroundings: Surroundings): Promise<number> {
  const file = readSpecFile(options, surroundings)
  if (file === undefined) return EXIT_STATUS.SPEC_INVALID
  const isWanted = selection(options.images, file)
  const before = readLockFile(file.places)
  const state = stateOf(lockState(file.spec, before), image => isWanted(keyOf(image)))
  const { stdout } = surroundings
  if (options.check) {
    stdout.write(options.json ? canonicalJson({ formatVersion: 1, ...state }) : renderLockState(state))
    if (state.kind !== 'complete') throw notLocked(state)
    return 0
  }
  const isAsked = options.upgrade || state.kind !== 'complete'
  const after = isAsked ? await renew(file, before, { options, isWanted, surroundings }) : before
  const changes = lockChanges(before, after)
  const changed = changes.some(({ action }) => action !== 'keep')
  if (after !== undefined && changed) writeLockFile(file.places, formatLock(after))
  const name = basename(file.places.lockFile)
  const text = options.json
    ? canonicalJson({ formatVersion: 1, changes })
    : renderLockChanges(changes, name, painter(options, stdout))
  stdout.write(text)
  return 0
}

interface Renewing {
  readonly options: LockOptions
  readonly isWanted: (key: string) => boolean
  readonly surroundings: Surroundings
}

function renew(
  { spec, places }: SpecFile,
  previous: Lock | undefined,
  { options, isWanted, surroundings }: Renewing,
): Promise<Lock> {
  const { cpus, signal } = surroundings
  return resolveLock(spec, openSource(places, options.offline, tellerOf(options, surroundings)), {
    ...(previous !== undefined && { previous }),
    isStale: () => options.upgrade,
    isWanted: image => isWanted(keyOf(nameOf(image))),
    limit: cpus + 2,
    signal,
  })
}

function nameOf({ reference, platform }: ImageSpec): ImageName {
  return { reference: reference.text, platform: formatPlatform(platform) }
}

function keyOf({ reference, platform }: ImageName): string {
  return imageKey(reference, platform)
}

/** Which images are meant. A reference means it for every platform, a name the one that is declared. */
function selection(words: readonly string[], { spec, images }: SpecFile): (key: string) => boolean {
  if (words.length === 0) return () => true
  const used = imagesOf(spec).map(nameOf)
  const chosen = words.flatMap(word => {
    const named = images.get(word)
    const found = used.filter(image =>
      named === undefined ? image.reference === word : keyOf(image) === keyOf(nameOf(named)),
    )
    if (found.length > 0) return found.map(keyOf)
    if (named !== undefined)
      throw usage(`no bundle uses the image ${JSON.stringify(word)}`, 'Only those are locked')
    const near = closest(word, [...images.keys(), ...used.map(image => image.reference)])
    throw usage(
      `bundles.yaml has no image ${JSON.stringify(word)}`,
      near === undefined
        ? 'Give a name from "images", or a reference as it is written there'
        : `Did you mean ${near}?`,
    )
  })
  const keys = new Set(chosen)
  return key => keys.has(key)
}
