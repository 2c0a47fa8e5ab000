/** `ctrbuild history` on the command line. */
import type { HistoryOptions } from '../../commands/history.ts'
import { commonOptions, JSON_FLAG, once } from '../flags.ts'
import { verb } from '../verb.ts'

export const history = verb({
  command: 'history <name>',
  summary: 'Show the generations of a bundle that are kept',
  examples: ['ctrbuild history redis', 'ctrbuild history redis --json'],
  positionals: { name: { type: 'string', demandOption: true, desc: 'The bundle' } },
  flags: () => ({ json: JSON_FLAG }),
  choose(given) {
    const options: HistoryOptions = {
      ...commonOptions(given),
      name: given.name,
      json: once('json', given.json),
    }
    return { options, run: async s => (await import('../../commands/history.ts')).history(options, s) }
  },
})
