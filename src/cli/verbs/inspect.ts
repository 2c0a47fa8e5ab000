/** `ctrbuild inspect` on the command line. */
import type { InspectOptions } from '../../commands/inspect.ts'
import { commonOptions, JSON_FLAG, once } from '../flags.ts'
import { verb } from '../verb.ts'

export const inspect = verb({
  command: 'inspect <name>',
  summary: 'Show what a bundle is made of, how it runs and what it takes',
  examples: ['ctrbuild inspect redis', 'ctrbuild inspect redis --json'],
  positionals: { name: { type: 'string', demandOption: true, desc: 'The bundle' } },
  flags: () => ({ json: JSON_FLAG }),
  choose(given) {
    const options: InspectOptions = {
      ...commonOptions(given),
      name: given.name,
      json: once('json', given.json),
    }
    return { options, run: async s => (await import('../../commands/inspect.ts')).inspect(options, s) }
  },
})
