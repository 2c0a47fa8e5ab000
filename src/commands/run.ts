/** `ctrbuild run`: runs a bundle that was applied. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Places } from '../apply/places.ts'
import { CtrbuildError, EXIT_STATUS } from '../errors.ts'
import { NAME } from '../spec/names.ts'
import type { Runtime } from '../spec/types.ts'
import { standIn } from '../sys/stand-in.ts'
import type { CommandOptions, Surroundings } from './context.ts'
import { readPlaces } from './read-places.ts'

export interface RunOptions extends CommandOptions {
  readonly bundle: string
  /** Undefined: the first of the bundle's. */
  readonly runtime: Runtime | undefined
  /** What the container is called; undefined: like the bundle. */
  readonly name: string | undefined
  readonly detach: boolean
  /** File for the id of its first process, relative to the working directory. */
  readonly pidFile: string | undefined
  /** Instead of the bundle's command, unless empty. */
  readonly command: readonly string[]
}

/**
 * Ends as the container ended.
 * @throws CtrbuildError SPEC_MISSING, BUNDLE_MISSING
 */
export async function run(options: RunOptions, surroundings: Surroundings): Promise<number> {
  const places = readPlaces(options, surroundings)
  if (places === undefined) return EXIT_STATUS.SPEC_INVALID
  const { name, detach, pidFile, command } = options
  const args = [
    ...(name === undefined ? [] : ['--name', name]),
    ...(detach ? ['--detach'] : []),
    ...(pidFile === undefined ? [] : ['--pid-file', pidFile]),
    '--',
    ...command,
  ]
  return standIn([scriptOf(options, places), ...args], surroundings)
}

function scriptOf({ bundle, runtime }: RunOptions, { out }: Places): string {
  const folder = join(out, bundle)
  if (!NAME.test(bundle) || !existsSync(join(folder, 'run'))) {
    throw new CtrbuildError('BUNDLE_MISSING', `there is no bundle ${JSON.stringify(bundle)} in ${out}`, {
      hint: 'Run "ctrbuild apply"',
    })
  }
  const script = join(folder, runtime === undefined ? 'run' : `run-${runtime}`)
  if (existsSync(script)) return script
  const able = readdirSync(folder).flatMap(entry => /^run-(.+)$/.exec(entry)?.[1] ?? [])
  throw new CtrbuildError('BUNDLE_MISSING', `the bundle ${bundle} is not made for ${runtime}`, {
    hint: `It runs under ${able.sort().join(', ')}; name ${runtime} in its runtimes, and apply`,
  })
}
