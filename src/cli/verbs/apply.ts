/** `ctrbuild apply` on the command line. */
import type { ApplyOptions } from '../../commands/context.ts'
import { usage } from '../../commands/usage.ts'
import {
  countOf,
  durationOf,
  LOCK_TIMEOUT,
  lockingFlags,
  lockingOptions,
  once,
  SWITCH,
  TEXT,
} from '../flags.ts'
import { verb } from '../verb.ts'

export const apply = verb({
  command: 'apply [planfile]',
  summary: 'Make the bundles what bundles.yaml says',
  examples: [
    'ctrbuild apply',
    'ctrbuild apply plan.json',
    'ctrbuild apply --target redis --target nginx --offline',
    'ctrbuild apply --trace trace.json',
  ],
  positionals: { planfile: { type: 'string', desc: 'A plan that "ctrbuild plan --out" saved' } },
  flags: env => ({
    ...lockingFlags(env),
    jobs: { ...TEXT, alias: 'j', desc: 'How much to do at once' },
    keep: { ...TEXT, desc: 'How many generations of a bundle to keep; "keep:" in bundles.yaml, or 3' },
    install: { ...SWITCH, desc: 'Put the services in place too, as install does' },
    trace: { ...TEXT, desc: 'Write a trace of all that is done, for Perfetto and chrome://tracing' },
    'lock-timeout': LOCK_TIMEOUT,
    summary: { ...TEXT, desc: 'Append what was done to this file, in Markdown' },
  }),
  choose(given) {
    const { planfile, jobs, keep, target } = given
    const options: ApplyOptions = {
      ...lockingOptions(given),
      planFile: planfile,
      jobs: jobs === undefined ? undefined : countOf('jobs', jobs),
      trace: once('trace', given.trace),
      keep: keep === undefined ? undefined : countOf('keep', keep),
      install: once('install', given.install),
      lockTimeout: durationOf('lock-timeout', given['lock-timeout']),
      summary: once('summary', given.summary),
    }
    if (planfile !== undefined && target.length > 0) throw usage('a saved plan cannot be limited to --target')
    if (planfile !== undefined && !options.prune) throw usage('a saved plan says itself what is removed')
    return { options, run: async s => (await import('../../commands/apply.ts')).apply(options, s) }
  },
})
