/** systemd, as far as an install needs it: one small interface, and the one that runs its programs. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram, tryProgram } from '../sys/program.ts'
import type { Target } from './target.ts'

/** A running systemd. Units are named with their kind. */
export interface Systemd {
  /** Reads all units anew. */
  reload(): Promise<void>
  isActive(unit: string): Promise<boolean>
  /** Starts it again, and waits until it has started; false where it does not come up. */
  restart(unit: string): Promise<boolean>
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
    isActive: async unit => (await systemctl('is-active', '--quiet', '--', unit)).exitCode === 0,
    restart: async unit => (await systemctl('restart', '--', unit)).exitCode === 0,
    stop: async unit => void (await runProgram(['systemctl', ...flags, 'stop', '--', unit])),
    createFiles: async path => void (await tryProgram(['systemd-tmpfiles', ...flags, '--create', path])),
  }
}
