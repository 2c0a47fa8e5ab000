/** `ctrbuild lock`: asks what every image means now, and writes bundles.lock.json. */

import { EXIT_STATUS } from '../errors.ts'
import { resolveLock } from '../lock/resolve.ts'
import { formatLock } from '../lock/text.ts'
import type { LockedImage } from '../lock/types.ts'
import { hexOf } from '../oci/digest.ts'
import type { CommandOptions, Surroundings } from './context.ts'
import { openSource, readLockFile, readSpecFile, writeLockFile } from './inputs.ts'

/** @throws CtrbuildError as ImageSource.resolve */
export async function lock(options: CommandOptions, surroundings: Surroundings): Promise<number> {
  const file = readSpecFile(options, surroundings)
  if (file === undefined) return EXIT_STATUS.SPEC_INVALID
  const { spec, places } = file
  const before = readLockFile(places)
  const source = openSource(places, false)
  const after = await resolveLock(spec, source, { limit: surroundings.cpus + 2, signal: surroundings.signal })
  writeLockFile(places, formatLock(after))
  for (const image of after.images) surroundings.stdout.write(`${line(image, before?.images ?? [])}\n`)
  return 0
}

function line(image: LockedImage, before: readonly LockedImage[]): string {
  const { reference, platform, manifest } = image
  const known = before.find(entry => entry.reference === reference && entry.platform === platform)
  const name = `${reference} (${platform})`
  const now = short(image)
  if (known === undefined) return `+ ${name} ${now}`
  return known.manifest.digest === manifest.digest
    ? `  ${name} ${now}`
    : `~ ${name} ${short(known)} -> ${now}`
}

function short({ manifest }: LockedImage): string {
  return `sha256:${hexOf(manifest.digest).slice(0, 12)}`
}
