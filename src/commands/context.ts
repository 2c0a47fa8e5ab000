/** What every command is given: the flags as typed options, and the process around it. */

import { type ColorChoice, isColored, type Paint, paintFor } from '../report/color.ts'
import type { ProgressStyle } from '../report/reporter.ts'
import type { Clock, Screen } from '../report/screen.ts'

/** Flags that every command has. */
export interface CommandOptions {
  /** bundles.yaml, as written: relative to the working directory. */
  readonly file: string
  /** What the environment says is taken in already. */
  readonly color: ColorChoice
  readonly progress: ProgressStyle
}

/** What lies behind a command that reads the lock. */
export interface LockingOptions extends CommandOptions {
  /** A lock that is missing or out of date is an error. True by default where `CI` is set. */
  readonly locked: boolean
  /** Ask no registry. */
  readonly offline: boolean
  /** Bundles to limit the work to; empty means all. */
  readonly targets: readonly string[]
  /** False: bundles that bundles.yaml does not name any more stay. */
  readonly prune: boolean
}

export interface PlanOptions extends LockingOptions {
  readonly json: boolean
  /** Say what changes inside each bundle. */
  readonly details: boolean
  /** Name every file that was changed by hand. */
  readonly showDrift: boolean
  /** End with 2 where there are changes. */
  readonly detailedExitcode: boolean
  /** File to save the plan to. */
  readonly out: string | undefined
}

export interface ApplyOptions extends LockingOptions {
  /** A plan that `plan --out` saved. */
  readonly planFile: string | undefined
  /** File to write a trace to, as written. */
  readonly trace: string | undefined
  /** Limit on what is done at once; `undefined` leaves it to the machine. */
  readonly jobs: number | undefined
  /** Generations of a bundle that stay; `undefined` leaves it to bundles.yaml. */
  readonly keep: number | undefined
  /** Put the services in place when all is made. */
  readonly install: boolean
  /** Milliseconds to wait for another ctrbuild that holds the store. */
  readonly lockTimeout: number
  /** File to append a summary in Markdown to. */
  readonly summary: string | undefined
}

/** The process around a command, as values, so that tests can be one. */
export interface Surroundings extends Clock {
  readonly stdout: Screen
  readonly stderr: Screen
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute. */
  readonly cwd: string
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal
  /** From now on signals are given to a program that stands in for this one, and end nothing here. */
  handOver(receive: (signal: NodeJS.Signals) => void): void
  readonly uid: number
  readonly gid: number
  readonly cpus: number
  /** Node's name of the processor's architecture, such as `x64`. */
  readonly arch: string
}

/** A command: does its work, and says what the process should end with. Failures are thrown. */
export type Run<Options extends CommandOptions> = (
  options: Options,
  surroundings: Surroundings,
) => Promise<number>

/** Whether text for a screen is to be coloured. */
export function usesColor({ color }: CommandOptions, screen: Screen): boolean {
  return isColored(color, screen)
}

/** Colours for a screen. */
export function painter({ color }: CommandOptions, screen: Screen): Paint {
  return paintFor(color, screen)
}
