/** `ctrbuild status` on the command line. */
import type { StatusOptions } from '../../commands/status.ts'
import { commonOptions, JSON_FLAG, once } from '../flags.ts'
import { verb } from '../verb.ts'

export const status = verb({
  command: 'status',
  summary: 'Show how each bundle stands: up to date, changed, drifted, missing',
  examples: ['ctrbuild status', 'ctrbuild status --json'],
  flags: () => ({ json: JSON_FLAG }),
  choose(given) {
    const options: StatusOptions = { ...commonOptions(given), json: once('json', given.json) }
    return { options, run: async s => (await import('../../commands/status.ts')).status(options, s) }
  },
})
