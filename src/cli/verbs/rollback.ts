/** `ctrbuild rollback` on the command line. */
import type { RollbackOptions } from '../../commands/rollback.ts'
import { usage } from '../../commands/usage.ts'
import { commonOptions, durationOf, LOCK_TIMEOUT } from '../flags.ts'
import { verb } from '../verb.ts'

export const rollback = verb({
  command: 'rollback <name> [generation]',
  summary: 'Go back to an earlier generation of a bundle',
  examples: ['ctrbuild rollback redis', 'ctrbuild rollback redis 4'],
  positionals: {
    name: { type: 'string', demandOption: true, desc: 'The bundle' },
    generation: { type: 'string', desc: 'Its number; the one before the current one' },
  },
  flags: () => ({ 'lock-timeout': LOCK_TIMEOUT }),
  choose(given) {
    const { name, generation } = given
    if (generation !== undefined && !/^[1-9]\d{0,8}$/.test(generation))
      throw usage(
        `${JSON.stringify(generation)} is not a generation`,
        `"ctrbuild history ${name}" shows their numbers`,
      )
    const options: RollbackOptions = {
      ...commonOptions(given),
      name,
      generation: generation === undefined ? undefined : Number(generation),
      lockTimeout: durationOf('lock-timeout', given['lock-timeout']),
    }
    return { options, run: async s => (await import('../../commands/rollback.ts')).rollback(options, s) }
  },
})
