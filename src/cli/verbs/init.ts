/** `ctrbuild init` on the command line. */
import { commonOptions } from '../flags.ts'
import { verb } from '../verb.ts'

export const init = verb({
  command: 'init',
  summary: 'Write a bundles.yaml to begin with',
  examples: ['ctrbuild init'],
  flags: () => ({}),
  choose(given) {
    const options = commonOptions(given)
    return { options, run: async s => (await import('../../commands/init.ts')).init(options, s) }
  },
})
