/** Runs other programs: an argument vector and no shell, a fixed locale and time zone, and an end when told to. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { CtrbuildError } from '../errors.ts'
import { printable } from './printable.ts'

/** A program and its arguments. */
export type Argv = readonly [program: string, ...args: string[]]

export interface ProgramOptions {
  /** Ends the program: SIGTERM, and SIGKILL when that is not obeyed in a second. */
  readonly signal?: AbortSignal
  readonly cwd?: string
  /** Laid over the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
}

/** How a program ended. */
export interface ProgramResult {
  /** Undefined where a signal ended it. */
  readonly exitCode: number | undefined
  /** Name of the signal that ended it. */
  readonly killedBy: string | undefined
  readonly stdout: Buffer
  readonly stderr: string
}

/** How long a program may take to obey SIGTERM, in milliseconds. */
const GRACE = 1000

/** Debian packages of programs that are not named after them. */
const PACKAGE: Readonly<Record<string, string>> = { bwrap: 'bubblewrap', busctl: 'systemd', xz: 'xz-utils' }

/**
 * Runs a program that is expected to succeed, and gives its standard output.
 * @throws CtrbuildError PROGRAM_FAILED with the last line it wrote to standard error; PROGRAM_MISSING, PERMISSION
 */
export async function runProgram(argv: Argv, options: ProgramOptions = {}): Promise<Buffer> {
  const result = await tryProgram(argv, options)
  if (result.exitCode !== 0) throw programFailed(argv, result)
  return result.stdout
}

/**
 * Runs a program whose failure the caller understands.
 * @throws CtrbuildError PROGRAM_MISSING, PERMISSION; the signal's reason when aborted
 */
export async function tryProgram(argv: Argv, options: ProgramOptions = {}): Promise<ProgramResult> {
  options.signal?.throwIfAborted()
  // Loading execa costs more than most of what a command without programs to run does.
  const { execa } = await import('execa')
  const [program, ...args] = argv
  const result = await execa(program, args, execaOptions(options))
  // A key that interrupts reaches the whole process group: our own handler may still be due.
  if (result.isTerminated) await new Promise(resolve => setImmediate(resolve))
  options.signal?.throwIfAborted()
  if (result.exitCode === undefined && !result.isTerminated) throw notStarted(program, result)
  return {
    exitCode: result.exitCode,
    killedBy: result.signal,
    stdout: Buffer.from(result.stdout),
    stderr: Buffer.from(result.stderr).toString('utf8'),
  }
}

/** The error for a program that ended with another status than 0. */
export function programFailed(argv: Argv, result: ProgramResult): CtrbuildError {
  const how = result.killedBy === undefined ? `exit status ${result.exitCode}` : `signal ${result.killedBy}`
  const last = lastLine(result.stderr)
  return new CtrbuildError(
    'PROGRAM_FAILED',
    `${nameOf(argv)} ended with ${how}${last === '' ? '' : `: ${last}`}`,
    {
      cause: result.stderr,
    },
  )
}

/** The last line with something in it, safe to show. */
export function lastLine(text: string): string {
  return printable(text.trimEnd().split('\n').at(-1) ?? '').trim()
}

/** Many programs wait for one signal; each gets one of its own, since Node warns of more than ten listeners. */
function execaOptions(options: ProgramOptions) {
  return {
    env: { ...options.env, LC_ALL: 'C', TZ: 'UTC' },
    encoding: 'buffer' as const,
    reject: false as const,
    stripFinalNewline: false,
    forceKillAfterDelay: GRACE,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: AbortSignal.any([options.signal]) }),
  }
}

/** The program's name and, where it has one, its verb: `skopeo copy`. */
function nameOf(argv: Argv): string {
  const verb = argv[1] !== undefined && /^[a-z][a-z-]*$/.test(argv[1]) ? ` ${argv[1]}` : ''
  return `${printable(argv[0])}${verb}`
}

interface Ended {
  readonly code?: string | undefined
  readonly originalMessage?: string | undefined
}

function notStarted(program: string, result: Ended): Error {
  const name = printable(program)
  if (result.code === 'ENOENT' || (result.code === 'EACCES' && !isThere(program))) {
    return new CtrbuildError('PROGRAM_MISSING', `the program ${name} is not installed`, {
      hint: `Install it: apt-get install ${PACKAGE[program] ?? name}`,
      cause: result,
    })
  }
  if (result.code === 'EACCES') {
    return new CtrbuildError('PERMISSION', `the program ${name} may not be run`, { cause: result })
  }
  return new CtrbuildError(
    'PROGRAM_FAILED',
    `the program ${name} could not be run: ${result.originalMessage}`,
    {
      cause: result,
    },
  )
}

/** A folder of PATH that may not be searched makes the kernel say EACCES for a program that is nowhere. */
function isThere(program: string): boolean {
  if (program.includes('/')) return true
  return (process.env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, program)))
}
