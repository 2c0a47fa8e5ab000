/** Limits of a process that cannot be had, whoever sets them: a runtime, or prlimit(1) before bubblewrap. */
import { type Finding, givenRlimits, type Subject } from './lint-subject.ts'

/** fs.nr_open of a host that nobody has changed. */
const MOST_FILES = 2 ** 20

/** What the kernel allows nobody, or not a plain user (setrlimit(2)). */
export function rlimitFindings(subject: Subject): readonly Finding[] {
  const { config, caller } = subject
  const at = ['process', 'rlimits']
  const files = config.process.rlimits.filter(
    ({ type, hard }) => type === 'RLIMIT_NOFILE' && hard > MOST_FILES,
  )
  const raised = caller === undefined ? [] : givenRlimits(subject)
  return [
    ...files.map(({ hard }): Finding => {
      if (hard <= 2 ** 31)
        return { effect: 'needs', at, claim: `needs fs.nr_open of the host to be ${hard} or more` }
      const hint = `Linux allows ${MOST_FILES}, where fs.nr_open is not changed`
      return { effect: 'refuses', at, claim: 'cannot let a process have files without limit', hint }
    }),
    ...raised.map(
      ({ type, hard }): Finding => ({
        effect: 'needs',
        at,
        claim: `needs your own hard limit of ${type} to be ${hard} or more`,
      }),
    ),
  ]
}
