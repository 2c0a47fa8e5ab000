/** Whether the runtimes that a bundle is to run under can run its configuration. */
import type { Runtime } from '../spec/types.ts'
import type { RuntimeConfig } from './types.ts'
import type { BundleWarning } from './warning.ts'

/** Why a runtime will not start a container with these namespaces. */
const UNFIT: readonly [Runtime, (namespaces: readonly string[]) => boolean, string][] = [
  ['bwrap-oci', namespaces => namespaces.includes('cgroup'), 'it knows no cgroup namespace'],
  ['bwrap-oci', namespaces => !namespaces.includes('pid'), 'it needs a pid namespace'],
]

/** One warning for each reason why one of the wanted runtimes refuses the configuration. */
export function warnOfUnfit(runtimes: readonly Runtime[], { linux }: RuntimeConfig): BundleWarning[] {
  const namespaces = linux.namespaces.map(({ type }) => type)
  const reasons = UNFIT.filter(([runtime, isUnfit]) => runtimes.includes(runtime) && isUnfit(namespaces))
  return reasons.map(([runtime, , why]) => ({
    code: 'RUNTIME_UNFIT',
    message: `${runtime} will not run this bundle: ${why}`,
    hint: `Change namespaces:, or leave ${runtime} out of runtimes:`,
  }))
}
