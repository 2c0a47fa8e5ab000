/** systemd, as far as an install needs it: one small interface, and the one that runs its programs. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { runProgram, tryProgram } from '../sys/program.ts'
import type { Target } from './target.ts'

/**
 * Milliseconds in which a service that was started again must not end. systemd calls most services started as soon as
 * their process is there (systemd.service(5), "Type="): whether a container does anything shows only afterwards.
 */
const SETTLED = 2000
const POLL = 100

/** A running systemd. Units are named with their kind. */
export interface Systemd {
  /** Reads all units anew. */
  reload(): Promise<void>
  /** Whether it runs, or is about to: one that systemd tries again and again counts too. */
  isActive(unit: string): Promise<boolean>
  /** Starts it again, and waits until it has started; false where it does not come up. */
  restart(unit: string): Promise<boolean>
  /** Watches for a moment a unit that was started again; false where it fails or starts anew by itself. */
  staysUp(unit: string): Promise<boolean>
  stop(unit: string): Promise<void>
  /** Makes what a file of tmpfiles.d says; a line that cannot be done is no failure, as at boot. */
  createFiles(path: string): Promise<void>
}

/** The one that manages the services of a target; undefined where none does. */
export function systemdOf({ root, scope }: Target, run: string): Systemd | undefined {
  const socket = scope === 'system' ? '/run/systemd/system' : join(run, 'systemd/private')
  return root === '' && existsSync(socket) ? runningSystemd(scope === 'user' ? ['--user'] : []) : undefined
}

function runningSystemd(flags: readonly string[]): Systemd {
  const systemctl = (...args: string[]) => tryProgram(['systemctl', ...flags, ...args])
  return {
    reload: async () => void (await runProgram(['systemctl', ...flags, 'daemon-reload'])),
    isActive: async unit =>
      /^(?:active|activating|reloading|refreshing)$/.test(
        (await systemctl('is-active', '--', unit)).stdout.toString().trim(),
      ),
    async restart(unit) {
      // One that has failed a few times in a row would not be let start for a while.
      await systemctl('reset-failed', '--', unit)
      return (await systemctl('restart', '--', unit)).exitCode === 0
    },
    async staysUp(unit) {
      for (const end = performance.now() + SETTLED; ; await setTimeout(POLL)) {
        const { stdout } = await systemctl('show', '--property=Result,NRestarts', '--', unit)
        if (!/^Result=success$/m.test(stdout.toString()) || /^NRestarts=[1-9]/m.test(stdout.toString()))
          return false
        if (performance.now() >= end) return true
      }
    },
    stop: async unit => void (await runProgram(['systemctl', ...flags, 'stop', '--', unit])),
    createFiles: async path => void (await tryProgram(['systemd-tmpfiles', ...flags, '--create', path])),
  }
}
