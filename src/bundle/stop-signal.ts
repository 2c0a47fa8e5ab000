/** The signal that asks a container to end. */
import type { RuntimeConfig } from './types.ts'

/** Where a config.json has the image's StopSignal (OCI image specification, conversion.md). */
export const STOP_SIGNAL = 'org.opencontainers.image.stopSignal'

/** By number from 1, as on all processors that Debian runs on but mips (signal(7)). */
const NAMES =
  `HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN
  TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS`.split(/\s+/)

const FIRST_REALTIME = 34
const LAST = 64

/**
 * The number of a signal that is written as the image specification says: `SIGNAME`, `SIGRTMIN+3` or a number; also
 * without SIG. Undefined for anything else.
 */
export function signalNumber(text: string): number | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '')
  const [, base, offset] = /^(RTMIN|RTMAX)(?:([+-]\d{1,2}))?$/.exec(name) ?? []
  const known = NAMES.indexOf(name) + 1
  const number = /^\d{1,2}$/.test(name)
    ? Number(name)
    : base === undefined
      ? known
      : (base === 'RTMIN' ? FIRST_REALTIME : LAST) + Number(offset ?? 0)
  return number >= 1 && number <= LAST ? number : undefined
}

/** The number of the signal that ends what runs by a configuration: the image's StopSignal, or TERM. */
export function stopSignal({ annotations }: RuntimeConfig): number {
  return signalNumber(annotations[STOP_SIGNAL] ?? 'TERM') ?? 15
}
