/** `ctrbuild diff` on the command line. */
import type { DiffOptions } from '../../commands/diff.ts'
import {
  commonOptions,
  durationOf,
  JSON_FLAG,
  LOCK_TIMEOUT,
  lockingFlags,
  once,
  SWITCH,
  TEXT,
} from '../flags.ts'
import { verb } from '../verb.ts'

export const diff = verb({
  command: 'diff [name]',
  summary: 'Show what changes inside bundles: packages, config.json, files',
  examples: ['ctrbuild diff', 'ctrbuild diff redis --fetch', 'ctrbuild diff redis --from 2 --to current'],
  positionals: { name: { type: 'string', desc: 'The bundle; every one that differs' } },
  flags: env => {
    const { locked, offline, frozen } = lockingFlags(env)
    return {
      from: {
        ...TEXT,
        default: 'current',
        desc: 'A generation, current, wanted, nothing, a ref or a commit',
      },
      to: { ...TEXT, default: 'wanted', desc: 'The same' },
      json: JSON_FLAG,
      fetch: { ...SWITCH, desc: 'Fetch layers that are not in the store yet' },
      all: { ...SWITCH, desc: 'Show everything, however much it is' },
      locked,
      offline,
      frozen,
      'lock-timeout': LOCK_TIMEOUT,
    } as const
  },
  choose(given) {
    const frozen = once('frozen', given.frozen)
    const options: DiffOptions = {
      ...commonOptions(given),
      name: given.name,
      from: once('from', given.from),
      to: once('to', given.to),
      json: once('json', given.json),
      fetch: once('fetch', given.fetch),
      all: once('all', given.all),
      locked: once('locked', given.locked) || frozen,
      offline: once('offline', given.offline) || frozen,
      lockTimeout: durationOf('lock-timeout', given['lock-timeout']),
    }
    return { options, run: async s => (await import('../../commands/diff.ts')).diff(options, s) }
  },
})
