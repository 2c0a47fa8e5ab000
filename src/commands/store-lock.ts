/** The lock on the store: one ctrbuild at a time changes the store or the output. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Places } from '../apply/places.ts'
import { diskError } from '../sys/failure.ts'
import { type Lock, lockFile } from '../sys/lock.ts'
import type { Surroundings } from './context.ts'

/** Who locks, and for how long it may have to wait. */
export interface StoreLocking {
  /** The verb, such as `apply`: those who wait are told. */
  readonly verb: string
  /** Milliseconds to wait for another ctrbuild. */
  readonly lockTimeout: number
}

/**
 * Waits for the store's lock, and does something while it is held.
 * @throws CtrbuildError STORE_BUSY, PERMISSION, DISK; whatever `use` throws
 */
export async function withStoreLock<T>(
  places: Places,
  locking: StoreLocking,
  surroundings: Surroundings,
  use: () => Promise<T>,
): Promise<T> {
  const busy = await lockStore(places, locking, surroundings)
  try {
    return await use()
  } catch (error) {
    throw diskError(error, `cannot work in ${places.store}`)
  } finally {
    busy.release()
  }
}

/**
 * The lock that libostree takes on a repository: shared while something is written, exclusive while it is collected.
 * @throws CtrbuildError STORE_BUSY
 */
export function lockRepo(
  { repo }: Pick<Places, 'repo'>,
  locking: { readonly exclusive: boolean; readonly lockTimeout: number },
  { stderr, signal }: Pick<Surroundings, 'stderr' | 'signal'>,
): Promise<Lock> {
  const onWait = () => stderr.write(`Waiting for another program that works in ${repo}\n`)
  const options = { exclusive: locking.exclusive, timeout: locking.lockTimeout, holder: '', onWait }
  return lockFile(join(repo, '.lock'), options, signal)
}

async function lockStore(
  places: Places,
  { verb, lockTimeout }: StoreLocking,
  { stderr, signal }: Surroundings,
): Promise<Lock> {
  const onWait = (holder?: string) =>
    stderr.write(`Waiting for ${holder ?? 'another ctrbuild'}, which holds ${places.store}\n`)
  const holder = `ctrbuild ${verb}, process ${process.pid}`
  try {
    mkdirSync(places.store, { recursive: true, mode: 0o700 })
    return await lockFile(places.busy, { exclusive: true, timeout: lockTimeout, holder, onWait }, signal)
  } catch (error) {
    throw diskError(error, `cannot lock ${places.store}`)
  }
}
