/** Runs a shell script and says what it cost: time on the clock, processor seconds, memory. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sampleMemory } from './memory.ts'

/** How a script is run. */
export interface Run {
  readonly script: string
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** Runs as this user instead of the caller. */
  readonly uid: number | undefined
  /** Measures all processes' memory too, which takes some time itself. */
  readonly samples: boolean
}

/** What one run cost. */
export interface Cost {
  readonly wall: number
  /** User and system seconds of all processes that were waited for. */
  readonly cpu: number
  /** Resident bytes of the largest process. */
  readonly largest: number
  /** Bytes of all processes together at their worst moment, where that was sampled. */
  readonly peak: number
  /** Seconds of the part that matters, where the script says so in a line `seconds: N`. */
  readonly inside: number | undefined
}

const REPORT = '.cost'

/**
 * Runs a script in a shell that stops at the first failure.
 * @throws Error with what the script said, where it failed
 */
export async function measure(run: Run): Promise<Cost> {
  const report = join(run.folder, REPORT)
  const as =
    run.uid === undefined ? [] : ['setpriv', `--reuid=${run.uid}`, `--regid=${run.uid}`, '--clear-groups']
  const argv = [`--output=${report}`, '--format=%U %S %M', ...as, 'sh', '-ec', run.script]
  const began = process.hrtime.bigint()
  const child = spawn('time', argv, {
    cwd: run.folder,
    env: environment(run),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const memory = run.samples && child.pid !== undefined ? sampleMemory(child.pid) : undefined
  const output = [collect(child.stdout), collect(child.stderr)] as const
  let wall = 0
  child.once('exit', () => {
    wall = Number(process.hrtime.bigint() - began) / 1e9
  })
  const [status] = await once(child, 'close')
  const peak = memory?.stop() ?? 0
  const [stdout, stderr] = output.map(read => read())
  if (status !== 0) throw new Error(`status ${status} of\n${run.script}\n${stderr}`)
  const [user, system, kilobytes] = readFileSync(report, 'utf8').split(' ').map(Number)
  const inside = /^seconds: ([\d.]+)$/m.exec(stdout!)?.[1]
  return {
    wall,
    cpu: user! + system!,
    largest: 1024 * kilobytes!,
    peak,
    inside: inside === undefined ? undefined : Number(inside),
  }
}

/** The user's own settings must not change what is measured. */
function environment({ folder, env }: Run): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    LC_ALL: 'C',
    TZ: 'UTC',
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    TMPDIR: folder,
    ...env,
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = []
  stream.on('data', chunk => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString()
}
