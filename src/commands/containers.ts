/** The caller's containers, under whichever runtime they run, as the scripts of bundles know them. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { containersScript } from '../bundle/script-status.ts'
import { CtrbuildError } from '../errors.ts'
import { runProgram } from '../sys/program.ts'
import { standIn } from '../sys/stand-in.ts'
import type { Surroundings } from './context.ts'
import { usage } from './usage.ts'

/** A container that runs, or one that ran detached. */
export interface Container {
  readonly name: string
  readonly status: 'running' | 'stopped'
  readonly runtime: string
  /** Its first process, as the host sees it; undefined where it runs no more. */
  readonly pid: number | undefined
  /** When it was started, in UTC. */
  readonly since: string
  /** Folder of the generation that it was started from. */
  readonly bundle: string
}

/**
 * All containers, sorted by name; or those of some names.
 * @throws CtrbuildError PROGRAM_FAILED
 */
export async function containers(...names: readonly string[]): Promise<readonly Container[]> {
  const output = await runProgram(['sh', '-c', containersScript(), 'ctrbuild', ...names])
  const fields = output.toString('utf8').split('\0').slice(0, -1)
  const found: Container[] = []
  for (let at = 0; at < fields.length; at += 6) {
    const [name, status, runtime, pid, since, bundle] = fields.slice(at, at + 6) as [
      string,
      Container['status'],
      ...string[],
    ]
    found.push({
      name,
      status,
      runtime: runtime!,
      pid: pid === '' ? undefined : Number(pid),
      since: since!,
      bundle: bundle!,
    })
  }
  return found
}

/**
 * Runs one of the scripts of the bundle that a container was started from.
 * @returns the script's exit status
 * @throws CtrbuildError CONTAINER_MISSING where there is no such container, or its bundle is gone; USAGE
 */
export async function runContainerScript(
  script: 'exec' | 'stop' | 'logs',
  name: string,
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  checkName(name)
  const [container] = await containers(name)
  if (container === undefined) {
    throw new CtrbuildError('CONTAINER_MISSING', `there is no container ${name}`, {
      hint: 'See "ctrbuild ps" for those that there are',
    })
  }
  const path = join(container.bundle, script)
  if (!existsSync(path)) {
    throw new CtrbuildError(
      'CONTAINER_MISSING',
      `the bundle that ${name} was started from is gone: ${container.bundle}`,
      {
        hint: `Use the script ${script} of the bundle that has taken its place, with --name ${name}`,
      },
    )
  }
  return standIn([path, '--name', name, ...args], surroundings)
}

/**
 * Refuses what cannot be a container's name.
 * @throws CtrbuildError USAGE
 */
export function checkName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) return
  throw usage(
    `${JSON.stringify(name)} cannot be a container's name`,
    'It has letters, digits, "_", "." and "-", and starts with a letter or digit',
  )
}
