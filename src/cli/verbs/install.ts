/** `ctrbuild install` on the command line. */
import type { InstallOptions } from '../../commands/install.ts'
import { commonOptions, durationOf, INSTALL_FLAGS, LOCK_TIMEOUT, once } from '../flags.ts'
import { verb } from '../verb.ts'

export const install = verb({
  command: 'install [name..]',
  summary: 'Put the services of bundles in place: units, lines for tmpfiles.d, files of the host',
  examples: [
    'ctrbuild install etcd',
    'ctrbuild install --dry-run',
    'ctrbuild install --root /mnt etcd flanneld',
  ],
  positionals: { name: { type: 'string', array: true, desc: 'Bundles; all that have something to install' } },
  flags: () => ({ ...INSTALL_FLAGS, 'lock-timeout': LOCK_TIMEOUT }),
  choose(given) {
    const options: InstallOptions = {
      ...commonOptions(given),
      names: given.name ?? [],
      root: once('root', given.root),
      dryRun: once('dry-run', given['dry-run']),
      json: once('json', given.json),
      lockTimeout: durationOf('lock-timeout', given['lock-timeout']),
    }
    return { options, run: async s => (await import('../../commands/install.ts')).install(options, s) }
  },
})
