/** `ctrbuild fmt` on the command line. */
import type { FmtOptions } from '../../commands/fmt.ts'
import { commonOptions, once, SWITCH } from '../flags.ts'
import { verb } from '../verb.ts'

export const fmt = verb({
  command: 'fmt',
  summary: 'Write bundles.yaml in its canonical form, which update bots can edit',
  examples: ['ctrbuild fmt', 'ctrbuild fmt --check --diff'],
  flags: () => ({
    check: { ...SWITCH, desc: 'Change nothing; end with 3 if something would change' },
    diff: { ...SWITCH, desc: 'Change nothing; show what would change' },
  }),
  choose(given) {
    const options: FmtOptions = {
      ...commonOptions(given),
      check: once('check', given.check),
      diff: once('diff', given.diff),
    }
    return { options, run: async s => (await import('../../commands/fmt.ts')).fmt(options, s) }
  },
})
