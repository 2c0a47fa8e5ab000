/** `ctrbuild stop` on the command line. */
import type { StopOptions } from '../../commands/stop.ts'
import { commonOptions, durationOf, once, TEXT } from '../flags.ts'
import { verb } from '../verb.ts'

export const stop = verb({
  command: 'stop <container>',
  summary: 'End a container',
  examples: ['ctrbuild stop redis', 'ctrbuild stop redis --timeout 1m'],
  positionals: { container: { type: 'string', demandOption: true, desc: 'Its name' } },
  flags: () => ({
    signal: { ...TEXT, desc: "What to ask with, if not the image's StopSignal" },
    timeout: { ...TEXT, default: '10s', desc: 'How long to wait before it is killed' },
  }),
  choose(given) {
    const options: StopOptions = {
      ...commonOptions(given),
      container: given.container,
      signal: once('signal', given.signal),
      timeout: Math.ceil(durationOf('timeout', given.timeout) / 1000),
    }
    return { options, run: async s => (await import('../../commands/stop.ts')).stop(options, s) }
  },
})
