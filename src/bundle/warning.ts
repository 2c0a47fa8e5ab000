/** What a bundle's owner should know, though the bundle can be made. */
import type { LintCode } from '../spec/problem.ts'
import type { SystemWarning } from '../system/system.ts'
import type { Effect } from './lint-subject.ts'

/** A stable name for one kind of warning. */
export type WarningCode =
  | LintCode
  | SystemWarning['code']
  /** Without root a container has one id only: its process has that one, whoever it should be. */
  | 'USER_SQUASHED'
  /** Further groups of the image's user that a plain user's container cannot have. */
  | 'GROUPS_DROPPED'
  /** An entry of the image's Env that is not `NAME=VALUE`. */
  | 'ENV_IGNORED'
  /** A label of the image that would tell the runtime what to do. */
  | 'LABEL_IGNORED'
  /** A volume of the image that cannot be one. */
  | 'VOLUME_IGNORED'
  /** A volume of the image that nothing is mounted on: it is kept in memory. */
  | 'VOLUME_IN_MEMORY'
  /** Files whose owners the container does not see as the image has them. */
  | 'OWNERS_LOST'
  /** A volume that the process cannot write to, since its user is not the one who applies. */
  | 'VOLUME_OWNER'

/** One warning, in the form of an event of the report. */
export interface BundleWarning {
  readonly code: WarningCode
  readonly message: string
  readonly hint?: string
}

const CODES: Readonly<Record<Effect, LintCode>> = {
  refuses: 'RUNTIME_UNFIT',
  ignores: 'RUNTIME_IGNORES',
  changes: 'RUNTIME_CHANGES',
  needs: 'RUNTIME_NEEDS',
}

/** The code of what the lint says. */
export function warningCode({
  severity,
  effect,
}: {
  readonly severity: 'error' | 'warning'
  readonly effect: Effect
}): LintCode | 'BUNDLE_INVALID' {
  return severity === 'error' ? 'BUNDLE_INVALID' : CODES[effect]
}
