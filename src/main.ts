/** The process: runs the command line, and turns its result, and signals, into an exit status. */
import { availableParallelism } from 'node:os'
import type { Surroundings } from './commands/context.ts'
import { CtrbuildError } from './errors.ts'
import { VERSION } from './version.ts'

const SIGNALS = { SIGINT: 'INTERRUPTED', SIGTERM: 'TERMINATED' } as const

async function main(argv: readonly string[]): Promise<number> {
  // Bundles are for whoever runs them, and the same whoever built them.
  process.umask(0o022)
  const { signal, handOver } = abortedBySignals()
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)
  const { runCli } = await import('./cli/cli.ts')
  const status = await runCli(argv, VERSION, surroundings(signal, handOver))
  await Promise.all([process.stdout, process.stderr].map(written))
  return signal.aborted ? (signal.reason as CtrbuildError).exitStatus : status
}

/** Signals beside those above that a program which stands in for this one is told of. */
const FURTHER = ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const

/** The first signal ends the command in good order, the second one at once; unless another program is to have them. */
function abortedBySignals(): Pick<Surroundings, 'signal' | 'handOver'> {
  const controller = new AbortController()
  let receiver: ((signal: NodeJS.Signals) => void) | undefined
  for (const [name, code] of Object.entries(SIGNALS)) {
    const reason = new CtrbuildError(code, `stopped by ${name}`, {
      hint: 'What was finished stays, and the next run goes on from there',
    })
    process.on(name, () => {
      if (receiver !== undefined) return receiver(name as keyof typeof SIGNALS)
      if (controller.signal.aborted) process.exit(reason.exitStatus)
      controller.abort(reason)
    })
  }
  return {
    signal: controller.signal,
    handOver(receive) {
      receiver = receive
      for (const name of FURTHER) process.on(name, receive)
    },
  }
}

/** Whoever reads our output may stop early, as `head` does. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

/** Waits until a stream has passed everything on: a pipe takes 64 KiB, and the rest when somebody reads. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => stream.write('', () => resolve()))
}

function surroundings(signal: AbortSignal, handOver: Surroundings['handOver']): Surroundings {
  const { stdout, stderr, env, arch } = process
  return {
    stdout,
    stderr,
    env,
    signal,
    handOver,
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
