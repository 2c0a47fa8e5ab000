/** `ctrbuild lock` on the command line. */
import type { LockOptions } from '../../commands/lock.ts'
import { usage } from '../../commands/usage.ts'
import { commonOptions, once, SWITCH } from '../flags.ts'
import { verb } from '../verb.ts'

export const lock = verb({
  command: 'lock [image..]',
  summary: 'Ask what the tags in bundles.yaml mean, and write bundles.lock.json',
  examples: ['ctrbuild lock', 'ctrbuild lock --upgrade redis', 'ctrbuild lock --check'],
  positionals: {
    image: { type: 'string', array: true, desc: 'Only this name from images, or this reference' },
  },
  flags: () => ({
    upgrade: { ...SWITCH, desc: 'Ask also what is locked already' },
    check: { ...SWITCH, desc: 'Ask nobody and change nothing; end with 3 if the lock would change' },
    offline: { ...SWITCH, desc: 'Ask no registry' },
    json: { ...SWITCH, desc: 'Print what changed as JSON' },
  }),
  choose(given) {
    const options: LockOptions = {
      ...commonOptions(given),
      images: given.image ?? [],
      upgrade: once('upgrade', given.upgrade),
      check: once('check', given.check),
      offline: once('offline', given.offline),
      json: once('json', given.json),
    }
    if (options.check && options.upgrade)
      throw usage('--check asks nobody, so it cannot tell what --upgrade would do', 'Give one of them')
    return { options, run: async s => (await import('../../commands/lock.ts')).lock(options, s) }
  },
})
