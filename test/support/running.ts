/** Programs that a test starts and does not wait for. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { onTestFinished, vi } from 'vitest'

/** A program that runs, or did. */
export interface Running {
  readonly pid: number
  /** What it wrote so far, to standard output and standard error. */
  said(): string
  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void
  /** How it ended, and how long that took from now on. */
  ended(): Promise<{ readonly status: number | null; readonly signal: string | null; readonly took: number }>
}

/** Follows a program until the test ends, which ends the program. */
export function follow(child: ChildProcess): Running {
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  const closed = once(child, 'close')
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    pid: child.pid!,
    said: () => said,
    kill: signal => void child.kill(signal),
    async ended() {
      const began = performance.now()
      const [status, signal] = await closed
      return { status, signal, took: performance.now() - began }
    },
  }
}

/** Waits until something is so. */
export async function until(isSo: () => unknown): Promise<void> {
  const check = () => {
    if (!isSo()) throw new Error(`it never was so that ${isSo}`)
  }
  await vi.waitFor(check, { timeout: 20_000, interval: 10 })
}

/** Processes that a process has started and that still run. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number)
}

/** Whether a process id stands in a file: a runtime makes the file before it writes to it. */
export function hasPid(file: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').trim() !== ''
}

/** True while there is such a process, and it is more than a corpse. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** The process that a run script has become, or that watches over bubblewrap: the one that a service manager knows. */
export function watcherOf(pid: number): number {
  const parent = Number(
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[1],
  )
  const program = readFileSync(`/proc/${parent}/comm`, 'utf8').trim()
  return program === 'bwrap' ? watcherOf(parent) : parent
}
