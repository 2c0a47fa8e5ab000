/** `ctrbuild logs` on the command line. */
import type { LogsOptions } from '../../commands/logs.ts'
import { commonOptions, once, SWITCH } from '../flags.ts'
import { verb } from '../verb.ts'

export const logs = verb({
  command: 'logs <container>',
  summary: 'Show what a detached container has written',
  examples: ['ctrbuild logs redis', 'ctrbuild logs redis --follow'],
  positionals: { container: { type: 'string', demandOption: true, desc: 'Its name' } },
  flags: () => ({ follow: { ...SWITCH, desc: 'Go on until it ends' } }),
  choose(given) {
    const options: LogsOptions = {
      ...commonOptions(given),
      container: given.container,
      follow: once('follow', given.follow),
    }
    return { options, run: async s => (await import('../../commands/logs.ts')).logs(options, s) }
  },
})
