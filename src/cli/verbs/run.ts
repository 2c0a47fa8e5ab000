/** `ctrbuild run` on the command line. */
import type { RunOptions } from '../../commands/run.ts'
import type { Runtime } from '../../spec/types.ts'
import { commonOptions, once, SWITCH, TEXT } from '../flags.ts'
import { verb } from '../verb.ts'

const RUNTIMES = ['runc', 'crun', 'bwrap-oci', 'bwrap'] as const satisfies readonly Runtime[]

export const run = verb({
  command: 'run <bundle>',
  summary: 'Run a bundle that was applied',
  after: '[-- COMMAND [ARGUMENT...]]',
  examples: [
    'ctrbuild run redis',
    'ctrbuild run redis --detach',
    'ctrbuild run redis -- redis-cli --version',
  ],
  takesCommand: true,
  positionals: { bundle: { type: 'string', demandOption: true, desc: 'The bundle' } },
  flags: () => ({
    runtime: { ...TEXT, choices: RUNTIMES, desc: "Another runtime than the first of the bundle's" },
    name: { ...TEXT, desc: 'What the container is called, if not like the bundle' },
    detach: { ...SWITCH, alias: 'd', desc: 'Come back when it has started' },
    'pid-file': { ...TEXT, desc: 'File for the id of its first process' },
  }),
  choose(given) {
    const options: RunOptions = {
      ...commonOptions(given),
      bundle: given.bundle,
      runtime: once('runtime', given.runtime),
      name: once('name', given.name),
      detach: once('detach', given.detach),
      pidFile: once('pid-file', given['pid-file']),
      command: given['--'] ?? [],
    }
    return { options, run: async s => (await import('../../commands/run.ts')).run(options, s) }
  },
})
