/** `ctrbuild import-atomic` on the command line. */
import type { ImportAtomicOptions } from '../../commands/import-atomic.ts'
import { commonOptions, once, SWITCH, TEXT } from '../flags.ts'
import { verb } from '../verb.ts'

export const importAtomic = verb({
  command: 'import-atomic',
  summary: 'Show what "atomic install --system" left on a host, and write the bundles.yaml for it',
  examples: [
    'ctrbuild import-atomic --output bundles.yaml',
    'ctrbuild import-atomic --root /mnt/old-disk',
    'ctrbuild import-atomic --user --json',
  ],
  flags: () => ({
    root: { ...TEXT, default: '/', desc: 'Root folder of the system to look at' },
    user: { ...SWITCH, desc: 'Your own containers, from "atomic install --user"' },
    json: { ...SWITCH, desc: 'Print what is there as JSON' },
    output: { ...TEXT, alias: 'o', desc: 'A new file for the bundles.yaml; standard output' },
  }),
  choose(given) {
    const options: ImportAtomicOptions = {
      ...commonOptions(given),
      root: once('root', given.root),
      user: once('user', given.user),
      json: once('json', given.json),
      output: once('output', given.output),
    }
    return {
      options,
      run: async s => (await import('../../commands/import-atomic.ts')).importAtomic(options, s),
    }
  },
})
