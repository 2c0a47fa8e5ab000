/** `ctrbuild uninstall` on the command line. */
import type { UninstallOptions } from '../../commands/uninstall.ts'
import { commonOptions, durationOf, INSTALL_FLAGS, LOCK_TIMEOUT, once } from '../flags.ts'
import { verb } from '../verb.ts'

export const uninstall = verb({
  command: 'uninstall <name..>',
  summary: 'Take away what install has put in place, but for what was changed since',
  examples: ['ctrbuild uninstall etcd', 'ctrbuild uninstall --dry-run etcd'],
  positionals: { name: { type: 'string', array: true, demandOption: true, desc: 'What is installed' } },
  flags: () => ({ ...INSTALL_FLAGS, 'lock-timeout': LOCK_TIMEOUT }),
  choose(given) {
    const options: UninstallOptions = {
      ...commonOptions(given),
      names: given.name,
      root: once('root', given.root),
      dryRun: once('dry-run', given['dry-run']),
      json: once('json', given.json),
      lockTimeout: durationOf('lock-timeout', given['lock-timeout']),
    }
    return { options, run: async s => (await import('../../commands/uninstall.ts')).uninstall(options, s) }
  },
})
