/** `ctrbuild apply` on the command line. */
import type { ApplyOptions } from '../../commands/context.ts'
import { usage } from '../../commands/usage.ts'
import { countOf, durationOf, LOCK_TIMEOUT, lockingFlags, lockingOptions, TEXT } from '../flags.ts'
import { verb } from '../verb.ts'

export const apply = verb({
  command: 'apply [planfile]',
  summary: 'Make the bundles what bundles.yaml says',
  examples: [
    'ctrbuild apply',
    'ctrbuild apply plan.json',
    'ctrbuild apply --target redis --target nginx --offline',
  ],
  positionals: { planfile: { type: 'string', desc: 'A plan that "ctrbuild plan --out" saved' } },
  flags: env => ({
    ...lockingFlags(env),
    jobs: { ...TEXT, alias: 'j', desc: 'How much to do at once' },
    'lock-timeout': LOCK_TIMEOUT,
  }),
  choose(given) {
    const { planfile, jobs, target } = given
    const options: ApplyOptions = {
      ...lockingOptions(given),
      planFile: planfile,
      jobs: jobs === undefined ? undefined : countOf('jobs', jobs),
      lockTimeout: durationOf('lock-timeout', given['lock-timeout']),
    }
    if (planfile !== undefined && target.length > 0) throw usage('a saved plan cannot be limited to --target')
    return { options, run: async s => (await import('../../commands/apply.ts')).apply(options, s) }
  },
})
