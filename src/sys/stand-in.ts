/** Running a program in this one's place: it has our terminal, our environment, our signals, and the last word. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import type { Argv } from './program.ts'

/** Where signals are to be had. */
export interface Signals {
  handOver(receive: (signal: NodeJS.Signals) => void): void
}

/** Keys of a terminal send these to every process in its foreground, and so to the program too. */
const OF_KEYS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

/**
 * Runs a program with our standard streams, hands signals on to it, and returns what a shell would say of its end: its
 * exit status, or 128 and the number of the signal that ended it.
 * @throws Error of the system where it cannot be started
 */
export async function standIn([program, ...args]: Argv, signals: Signals): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' })
  signals.handOver(signal => {
    if (!(OF_KEYS.includes(signal) && isatty(0))) child.kill(signal)
  })
  const [status, killedBy] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  return status ?? 128 + constants.signals[killedBy!]
}
