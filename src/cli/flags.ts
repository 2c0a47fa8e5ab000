/** Flags that several verbs have, and checks on what was given for them. */
import type { InferredOptionTypes } from 'yargs'
import type { CommandOptions, LockingOptions } from '../commands/context.ts'
import { parseDuration } from '../commands/duration.ts'
import { usage } from '../commands/usage.ts'
import { type ColorChoice, colorFromEnv } from '../report/color.ts'
import type { ProgressStyle } from '../report/reporter.ts'
import { isCi } from '../sys/environment.ts'
import type { Env } from './verb.ts'

/** A flag with one value. */
export const TEXT = { string: true, requiresArg: true } as const
/** A flag that is on or off. */
export const SWITCH = { boolean: true, default: false } as const
/** `--json` of a verb that prints what it found. */
export const JSON_FLAG = { ...SWITCH, desc: 'Print it as JSON' } as const
/** A flag that may be given several times. */
export const LIST = { ...TEXT, array: true, default: [] as string[] } as const

const COLORS: readonly ColorChoice[] = ['auto', 'always', 'never']
const PROGRESS: readonly ProgressStyle[] = ['auto', 'tty', 'plain', 'json', 'quiet']

/** Flags that every verb has. */
export type GlobalFlags = ReturnType<typeof globalFlags>

export function globalFlags(env: Env) {
  return {
    file: { ...TEXT, alias: 'f', default: 'bundles.yaml', desc: 'What to build' },
    color: { choices: COLORS, default: colorFromEnv(env), desc: 'When to colour' },
    progress: { choices: PROGRESS, default: 'auto' as ProgressStyle, desc: 'How to show progress' },
  } as const
}

/** Takes in what was given for the flags that every verb has. */
export function commonOptions(given: InferredOptionTypes<GlobalFlags>): CommandOptions {
  return {
    file: once('file', given.file),
    color: once('color', given.color),
    progress: once('progress', given.progress),
  }
}

/** Flags of verbs that read the lock. */
export function lockingFlags(env: Env) {
  return {
    target: { ...LIST, desc: 'Only this bundle (repeatable)' },
    locked: { boolean: true, default: isCi(env), desc: 'Fail if the lock would change; the default in CI' },
    offline: { ...SWITCH, desc: 'Ask no registry' },
    frozen: { ...SWITCH, desc: '--locked and --offline' },
    prune: {
      boolean: true,
      default: true,
      desc: 'Remove what is no longer in bundles.yaml; --no-prune keeps it',
    },
  } as const
}

/** Takes in what was given for the flags of verbs that read the lock. */
export function lockingOptions(
  given: InferredOptionTypes<GlobalFlags> & InferredOptionTypes<ReturnType<typeof lockingFlags>>,
): LockingOptions {
  const frozen = once('frozen', given.frozen)
  return {
    ...commonOptions(given),
    targets: given.target,
    locked: once('locked', given.locked) || frozen,
    offline: once('offline', given.offline) || frozen,
    prune: once('prune', given.prune),
  }
}

/** Flags of verbs that put files in place. */
export const INSTALL_FLAGS = {
  root: { ...TEXT, desc: 'The folder of another machine, instead of this one' },
  'dry-run': { ...SWITCH, desc: 'Only show what would be done' },
  json: { ...SWITCH, desc: 'Print what is done as JSON' },
} as const

/** How long to wait for another ctrbuild that holds the store. */
export const LOCK_TIMEOUT = { ...TEXT, default: '5m', desc: 'How long to wait for the store' } as const

/**
 * A span of time such as `5m`, in milliseconds.
 * @throws CtrbuildError USAGE
 */
export function durationOf(name: string, value: string): number {
  const text = once(name, value)
  const duration = parseDuration(text)
  if (duration === undefined)
    throw usage(`--${name} cannot be ${JSON.stringify(text)}`, 'For example 30s or 5m')
  return duration
}

/**
 * A number from 1.
 * @throws CtrbuildError USAGE
 */
export function countOf(name: string, value: string): number {
  const text = once(name, value)
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw usage(`--${name} cannot be ${JSON.stringify(text)}`, 'A number from 1')
  return Number(text)
}

/**
 * The value of a flag that may be given once: given twice, it arrives as a list, whatever its type says.
 * @throws CtrbuildError USAGE
 */
export function once<T>(name: string, value: T): T {
  if (Array.isArray(value)) throw usage(`--${name} was given ${value.length} times`, 'Give it once')
  return value
}
