/** What skopeo needs in its environment to work where it would not of its own accord. */
import { access } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { isErrno } from '../errors.ts'
import type { Transport } from '../oci/reference.ts'

/**
 * Threads that run skopeo's code at once. Go takes one for each processor and lets them spin while they have nothing to
 * do: where layers are imported meanwhile, half of them fetch as fast and leave a third of skopeo's time to others.
 */
const GO_THREADS = Math.max(1, availableParallelism() >> 1)

/** Additions to the environment for a call to skopeo. `temporary` is where it unpacks archives. */
export async function skopeoEnvironment(
  transport: Transport,
  temporary: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  return {
    ...(process.env.GOMAXPROCS === undefined ? { GOMAXPROCS: String(GO_THREADS) } : {}),
    ...(temporary === undefined ? {} : { TMPDIR: temporary }),
    ...(transport === 'docker' && (await isRuntimeFolderShut()) ? { XDG_RUNTIME_DIR: '/' } : {}),
  }
}

/**
 * Without XDG_RUNTIME_DIR, skopeo looks for credentials in /run/containers/UID, and gives up when it may not look:
 * root's containers make that folder for root alone. Below "/" there are none, and the user's other places follow.
 */
async function isRuntimeFolderShut(): Promise<boolean> {
  if (process.env.XDG_RUNTIME_DIR !== undefined || process.env.REGISTRY_AUTH_FILE !== undefined) return false
  try {
    await access(`/run/containers/${process.getuid?.()}/auth.json`)
    return false
  } catch (error) {
    return isErrno(error, 'EACCES')
  }
}
