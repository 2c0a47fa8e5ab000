/** Every verb, in the order in which the help shows them. */
import type { Verb } from '../verb.ts'
import { apply } from './apply.ts'
import { completionOf } from './completion.ts'
import { diff } from './diff.ts'
import { exec } from './exec.ts'
import { exportVerb } from './export.ts'
import { fmt } from './fmt.ts'
import { gc } from './gc.ts'
import { history } from './history.ts'
import { images } from './images.ts'
import { importAtomic } from './import-atomic.ts'
import { init } from './init.ts'
import { inspect } from './inspect.ts'
import { install } from './install.ts'
import { lock } from './lock.ts'
import { logs } from './logs.ts'
import { plan } from './plan.ts'
import { ps } from './ps.ts'
import { rollback } from './rollback.ts'
import { run } from './run.ts'
import { schema } from './schema.ts'
import { show } from './show.ts'
import { status } from './status.ts'
import { stop } from './stop.ts'
import { uninstall } from './uninstall.ts'
import { validate } from './validate.ts'
import { verify } from './verify.ts'

const BUILD: readonly Verb[] = [init, validate, fmt, lock, plan, diff, show, apply]
const KEEP: readonly Verb[] = [status, inspect, images, history, rollback, verify, gc]
const RUN: readonly Verb[] = [run, exec, stop, ps, logs]
const DELIVER: readonly Verb[] = [install, uninstall, exportVerb, importAtomic, schema]

const OTHERS: readonly Verb[] = [...BUILD, ...KEEP, ...RUN, ...DELIVER]

export const VERBS: readonly Verb[] = [...OTHERS, completionOf(OTHERS)]
