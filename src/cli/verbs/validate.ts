/** `ctrbuild validate` on the command line. */
import { commonOptions } from '../flags.ts'
import { verb } from '../verb.ts'

export const validate = verb({
  command: 'validate',
  summary: 'Check bundles.yaml, without a network',
  examples: ['ctrbuild validate', 'ctrbuild validate --file deploy/bundles.yaml'],
  flags: () => ({}),
  choose(given) {
    const options = commonOptions(given)
    return { options, run: async s => (await import('../../commands/validate.ts')).validate(options, s) }
  },
})
