/** Whether the runtimes that a bundle is to run under do what its config.json says. */
import { RUNTIMES } from '../spec/meta.ts'
import type { Path } from '../spec/problem.ts'
import type { BundleSpec, Runtime } from '../spec/types.ts'
import { lintBwrap } from './lint-bwrap.ts'
import { lintBwrapOci } from './lint-bwrap-oci.ts'
import { lintOci } from './lint-oci.ts'
import type { Effect, Finding, Lint } from './lint-subject.ts'
import type { Privilege, RuntimeConfig } from './types.ts'

/** What the lint found, for a person. */
export interface Verdict {
  /** An error where a runtime that the bundle has to run under refuses it. */
  readonly severity: 'error' | 'warning'
  readonly runtime: Runtime
  readonly effect: Effect
  /** Where in config.json; a mount by its destination. */
  readonly at: Path
  /** One sentence that begins with the runtime. */
  readonly message: string
  readonly hint?: string
}

const LINTS: Readonly<Record<Runtime, Lint>> = {
  runc: lintOci,
  crun: lintOci,
  'bwrap-oci': lintBwrapOci,
  bwrap: lintBwrap,
}

/** The part of a bundle that says under which runtimes it has to run. */
export type Wanted = Pick<BundleSpec, 'runtimes' | 'demandsRuntimes' | 'portable'>

/**
 * All that the runtimes of a bundle do otherwise than its config.json says. Where nobody has written which runtimes it
 * is for, that is about the one that starts it, and about those that do not: what the others do otherwise is told by
 * the help of their own scripts.
 */
export function lint(config: RuntimeConfig, privilege: Privilege, wanted: Wanted): readonly Verdict[] {
  const runtimes = wanted.portable ? RUNTIMES : wanted.runtimes
  const caller = privilege.kind === 'root' ? undefined : privilege
  const found = runtimes.flatMap(runtime =>
    LINTS[runtime]({ runtime, config, caller }).map(finding => ({ runtime, finding })),
  )
  const refusing = new Set(
    found.flatMap(({ runtime, finding }) => (finding.effect === 'refuses' ? [runtime] : [])),
  )
  const isDemanded =
    wanted.portable || wanted.demandsRuntimes || runtimes.every(runtime => refusing.has(runtime))
  const first = runtimes.find(runtime => !refusing.has(runtime))
  return found
    .filter(({ runtime, finding }) => finding.effect === 'refuses' || isDemanded || runtime === first)
    .map(({ runtime, finding }) => verdictOn(runtime, finding, isDemanded))
}

/** What one runtime does otherwise than a config.json says, for who runs it: sentences that go on after its name. */
export function differences(
  config: RuntimeConfig,
  privilege: Privilege,
  runtime: Runtime,
): readonly string[] {
  const caller = privilege.kind === 'root' ? undefined : privilege
  return [...new Set(LINTS[runtime]({ runtime, config, caller }).map(({ claim }) => claim))]
}

/** The runtimes that start the bundle, as far as the lint can say. */
export function ableRuntimes(wanted: Wanted, verdicts: readonly Verdict[]): readonly Runtime[] {
  return wanted.runtimes.filter(
    runtime => !verdicts.some(verdict => verdict.runtime === runtime && verdict.effect === 'refuses'),
  )
}

function verdictOn(runtime: Runtime, { effect, at, claim, hint }: Finding, isDemanded = false): Verdict {
  const refuses = effect === 'refuses'
  const advice =
    hint ??
    (refuses && !isDemanded
      ? `So there is no run-${runtime}; name the others in runtimes to say that it is meant`
      : undefined)
  return {
    severity: refuses && isDemanded ? 'error' : 'warning',
    runtime,
    effect,
    at,
    message: `${runtime} ${claim}`,
    ...(advice === undefined && refuses ? { hint: `Change it, or leave ${runtime} out of runtimes` } : {}),
    ...(advice !== undefined && { hint: advice }),
  }
}
