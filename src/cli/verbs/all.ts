/** Every verb, in the order in which the help shows them. */
import type { Verb } from '../verb.ts'
import { apply } from './apply.ts'
import { diff } from './diff.ts'
import { exportVerb } from './export.ts'
import { fmt } from './fmt.ts'
import { history } from './history.ts'
import { install } from './install.ts'
import { lock } from './lock.ts'
import { plan } from './plan.ts'
import { rollback } from './rollback.ts'
import { show } from './show.ts'
import { uninstall } from './uninstall.ts'
import { validate } from './validate.ts'
import { verify } from './verify.ts'

export const VERBS: readonly Verb[] = [
  validate,
  fmt,
  lock,
  plan,
  diff,
  show,
  apply,
  history,
  rollback,
  install,
  uninstall,
  exportVerb,
  verify,
]
