/** `ctrbuild exec` on the command line. */
import type { ExecOptions } from '../../commands/exec.ts'
import { usage } from '../../commands/usage.ts'
import { commonOptions } from '../flags.ts'
import { verb } from '../verb.ts'

export const exec = verb({
  command: 'exec <container> [words..]',
  summary: 'Run a command in a container',
  after: '[-- ARGUMENT...]',
  examples: ['ctrbuild exec redis redis-cli ping', 'ctrbuild exec redis -- redis-cli --stat'],
  takesCommand: true,
  positionals: {
    container: {
      type: 'string',
      demandOption: true,
      desc: "Its name, which is the bundle's unless run gave it another",
    },
    words: {
      type: 'string',
      array: true,
      default: [] as string[],
      desc: 'The command; what has dashes goes after --',
    },
  },
  flags: () => ({}),
  choose(given) {
    const command = [...given.words, ...(given['--'] ?? [])]
    if (command.length === 0)
      throw usage('what is to be run is missing', 'For example: ctrbuild exec redis redis-cli ping')
    const options: ExecOptions = { ...commonOptions(given), container: given.container, command }
    return { options, run: async s => (await import('../../commands/exec.ts')).exec(options, s) }
  },
})
