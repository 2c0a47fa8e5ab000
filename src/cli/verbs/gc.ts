/** `ctrbuild gc` on the command line. */
import type { GcOptions } from '../../commands/gc.ts'
import { commonOptions, durationOf, JSON_FLAG, LOCK_TIMEOUT, once, SWITCH, TEXT } from '../flags.ts'
import { verb } from '../verb.ts'

export const gc = verb({
  command: 'gc',
  summary: 'Free what neither the lock, a generation nor an image name leads to',
  examples: ['ctrbuild gc --dry-run', 'ctrbuild gc --keep-younger-than 7d', 'ctrbuild gc --unused-images'],
  flags: () => ({
    'dry-run': { ...SWITCH, desc: 'Only say what would be freed' },
    'keep-younger-than': { ...TEXT, desc: 'Free nothing that was made since, such as 7d' },
    'unused-images': { ...SWITCH, desc: 'Also drop images that are in use by name alone' },
    volumes: { ...SWITCH, desc: 'Also free volumes that no bundle mounts' },
    json: JSON_FLAG,
    'lock-timeout': LOCK_TIMEOUT,
  }),
  choose(given) {
    const age = given['keep-younger-than']
    const options: GcOptions = {
      ...commonOptions(given),
      dryRun: once('dry-run', given['dry-run']),
      keepYoungerThan: age === undefined ? undefined : durationOf('keep-younger-than', age),
      unusedImages: once('unused-images', given['unused-images']),
      volumes: once('volumes', given.volumes),
      json: once('json', given.json),
      lockTimeout: durationOf('lock-timeout', given['lock-timeout']),
    }
    return { options, run: async s => (await import('../../commands/gc.ts')).gc(options, s) }
  },
})
