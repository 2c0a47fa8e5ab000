/** `ctrbuild lock` on the command line. */
import { commonOptions } from '../flags.ts'
import { verb } from '../verb.ts'

export const lock = verb({
  command: 'lock',
  summary: 'Ask what the tags in bundles.yaml mean, and write bundles.lock.json',
  examples: ['ctrbuild lock'],
  flags: () => ({}),
  choose(given) {
    const options = commonOptions(given)
    return { options, run: async s => (await import('../../commands/lock.ts')).lock(options, s) }
  },
})
