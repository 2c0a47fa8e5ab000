/** The process: runs the command line, and turns its result, and signals, into an exit status. */
import { availableParallelism } from 'node:os'
import type { Surroundings } from './commands/context.ts'
import { CtrbuildError } from './errors.ts'
import { VERSION } from './version.ts'

const SIGNALS = { SIGINT: 'INTERRUPTED', SIGTERM: 'TERMINATED' } as const

async function main(argv: readonly string[]): Promise<number> {
  // Bundles are for whoever runs them, and the same whoever built them.
  process.umask(0o022)
  const signal = abortedBySignals()
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)
  const { runCli } = await import('./cli/cli.ts')
  const status = await runCli(argv, VERSION, surroundings(signal))
  await Promise.all([process.stdout, process.stderr].map(written))
  return signal.aborted ? (signal.reason as CtrbuildError).exitStatus : status
}

/** The first signal ends the command in good order, the second one at once. */
function abortedBySignals(): AbortSignal {
  const controller = new AbortController()
  for (const [name, code] of Object.entries(SIGNALS)) {
    const reason = new CtrbuildError(code, `stopped by ${name}`, {
      hint: 'What was finished stays, and the next run goes on from there',
    })
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(reason.exitStatus)
      controller.abort(reason)
    })
  }
  return controller.signal
}

/** Whoever reads our output may stop early, as `head` does. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

/** Waits until a stream has passed everything on: a pipe takes 64 KiB, and the rest when somebody reads. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => stream.write('', () => resolve()))
}

function surroundings(signal: AbortSignal): Surroundings {
  const { stdout, stderr, env, arch } = process
  return {
    stdout,
    stderr,
    env,
    signal,
    cwd: process.cwd(),
    uid: process.geteuid!(),
    gid: process.getegid!(),
    cpus: availableParallelism(),
    arch,
    now: Date.now,
    every(milliseconds, task) {
      const timer = setInterval(task, milliseconds).unref()
      return () => clearInterval(timer)
    },
  }
}

main(process.argv.slice(2)).then(status => process.exit(status))
