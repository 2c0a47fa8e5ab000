/** The key `rlimits`: limits that the process starts with (setrlimit(2)). */
import * as z from 'zod'
import { becomes, byDefault } from './meta.ts'
import { ruleText } from './rule.ts'
import type { Rlimit } from './settings.ts'

/** What counts where neither a bundle nor `defaults` names a limit, as `runc spec` has it. */
export const DEFAULT_RLIMITS: Readonly<Record<string, Rlimit>> = { nofile: { soft: 1024, hard: 1024 } }

const MEANING = {
  as: 'Bytes of address space.',
  core: 'Bytes of a core file.',
  cpu: 'Seconds of processor time.',
  data: 'Bytes of data, heap and stack.',
  fsize: 'Bytes of a file that is written.',
  locks: 'File locks; without effect since Linux 2.4.25.',
  memlock: 'Bytes locked in memory.',
  msgqueue: 'Bytes in message queues of the user.',
  nice: 'Highest priority, as 20 minus the nice value.',
  nofile: 'Open files, and one more.',
  nproc: 'Processes of the user.',
  rss: 'Bytes in memory; without effect since Linux 2.4.30.',
  rtprio: 'Highest real-time priority.',
  rttime: 'Microseconds of real-time scheduling without a blocking call.',
  sigpending: 'Signals queued for the user.',
  stack: 'Bytes of stack.',
} as const satisfies Readonly<Record<string, string>>

/** Names of all limits. */
export const RLIMIT_NAMES = Object.keys(MEANING)

const amount = z.union([z.int().min(0), z.literal('unlimited')])

const limit = z
  .union([
    amount,
    z.strictObject({
      soft: amount.describe('What counts, until the process changes it.'),
      hard: amount.describe('The most that the process may raise it to.'),
    }),
  ])
  .transform((written): Rlimit => (typeof written === 'object' ? written : { soft: written, hard: written }))
  .refine(({ soft, hard }) => countOf(soft) <= countOf(hard), {
    error: ruleText('must have a soft limit that is not above the hard one'),
  })

function countOf(value: Rlimit['soft']): number {
  return value === 'unlimited' ? Infinity : value
}

const shape = Object.fromEntries(
  Object.entries(MEANING).map(([name, meaning]) => [name, limit.describe(meaning).optional()]),
)

/** The key `rlimits`. */
export const rlimits = z
  .strictObject(shape)
  .meta({ ...byDefault({ nofile: 1024 }), ...becomes('process.rlimits', ['runc', 'crun', 'bwrap']) })
  .transform(limits => limits as Readonly<Record<string, Rlimit>>)
  .describe(
    'Limits of the process: a number or unlimited, or { soft, hard }. Merged name by name over those of defaults and nofile: 1024.',
  )
