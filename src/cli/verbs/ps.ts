/** `ctrbuild ps` on the command line. */
import type { PsOptions } from '../../commands/ps.ts'
import { commonOptions, JSON_FLAG, once } from '../flags.ts'
import { verb } from '../verb.ts'

export const ps = verb({
  command: 'ps',
  summary: 'List your containers, under all runtimes',
  examples: ['ctrbuild ps', 'ctrbuild ps --json'],
  flags: () => ({ json: JSON_FLAG }),
  choose(given) {
    const options: PsOptions = { ...commonOptions(given), json: once('json', given.json) }
    return { options, run: async s => (await import('../../commands/ps.ts')).ps(options, s) }
  },
})
