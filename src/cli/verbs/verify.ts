/** `ctrbuild verify` on the command line. */
import { usage } from '../../commands/usage.ts'
import type { VerifyOptions } from '../../commands/verify.ts'
import { commonOptions, durationOf, JSON_FLAG, LOCK_TIMEOUT, once, SWITCH } from '../flags.ts'
import { verb } from '../verb.ts'

export const verify = verb({
  command: 'verify [names..]',
  summary: 'Check that bundles and store are as they were made',
  examples: ['ctrbuild verify', 'ctrbuild verify redis --deep', 'ctrbuild verify --repair'],
  positionals: {
    names: { type: 'string', array: true, default: [] as string[], desc: 'Only these bundles' },
  },
  flags: () => ({
    deep: { ...SWITCH, desc: 'Read all objects, and recompute their checksums' },
    repair: { ...SWITCH, desc: 'Verify deeply, and bring back what is damaged' },
    offline: { ...SWITCH, desc: 'With --repair: ask no registry' },
    json: JSON_FLAG,
    'lock-timeout': LOCK_TIMEOUT,
  }),
  choose(given) {
    const options: VerifyOptions = {
      ...commonOptions(given),
      names: given.names,
      deep: once('deep', given.deep),
      repair: once('repair', given.repair),
      offline: once('offline', given.offline),
      json: once('json', given.json),
      lockTimeout: durationOf('lock-timeout', given['lock-timeout']),
    }
    if (options.repair && options.names.length > 0)
      throw usage(
        '--repair is for all bundles',
        'They share objects: what is damaged in one is damaged in others',
      )
    return { options, run: async s => (await import('../../commands/verify.ts')).verify(options, s) }
  },
})
