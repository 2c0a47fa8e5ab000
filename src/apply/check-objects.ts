/** Recomputing the checksums of objects, on several threads. */
import type { ObjectName } from '../ostree/inventory.ts'
import type { Readers } from '../ostree/readers.ts'
import type { Repo } from '../ostree/types.ts'

/** Objects that a thread is given at once: enough that asking costs nothing, few enough that all end together. */
const BATCH = 500

/** Where objects are, and who reads them. */
export interface Checking {
  readonly repo: Repo
  readonly readers: Readers
  readonly threads: number
  readonly signal: AbortSignal
}

/**
 * What is wrong with some objects, by name.
 * @throws CtrbuildError DISK, PERMISSION; whatever `signal` was aborted with
 */
export async function checkObjects(
  { repo, readers, threads, signal }: Checking,
  names: readonly ObjectName[],
): Promise<Map<ObjectName, string>> {
  const faults = new Map<ObjectName, string>()
  let next = 0
  const lane = async () => {
    while (next < names.length) {
      signal.throwIfAborted()
      const batch = names.slice(next, next + BATCH)
      next += BATCH
      for (const [name, problem] of await readers.check(repo, batch)) faults.set(name, problem)
    }
  }
  await Promise.all(Array.from({ length: threads }, lane))
  return faults
}
