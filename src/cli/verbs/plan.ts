/** `ctrbuild plan` on the command line. */
import type { PlanOptions } from '../../commands/context.ts'
import { lockingFlags, lockingOptions, once, SWITCH, TEXT } from '../flags.ts'
import { verb } from '../verb.ts'

export const plan = verb({
  command: 'plan',
  summary: 'Show what apply would change',
  examples: ['ctrbuild plan', 'ctrbuild plan --detailed-exitcode --out plan.json', 'ctrbuild plan --json'],
  flags: env => ({
    ...lockingFlags(env),
    json: { ...SWITCH, desc: 'Print the plan as JSON' },
    details: { ...SWITCH, desc: 'Show the packages, settings and files that change inside' },
    'show-drift': { ...SWITCH, desc: 'Name every file that was changed by hand' },
    'detailed-exitcode': { ...SWITCH, desc: 'End with 2 if there are changes' },
    out: { ...TEXT, desc: 'Save the plan for "ctrbuild apply PLANFILE"' },
  }),
  choose(given) {
    const options: PlanOptions = {
      ...lockingOptions(given),
      json: once('json', given.json),
      details: once('details', given.details),
      showDrift: once('show-drift', given['show-drift']),
      detailedExitcode: once('detailed-exitcode', given['detailed-exitcode']),
      out: once('out', given.out),
    }
    return { options, run: async s => (await import('../../commands/plan.ts')).plan(options, s) }
  },
})
