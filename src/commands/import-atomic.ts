/** `ctrbuild import-atomic`: what `atomic` left on a host, as a bundles.yaml. */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readAtomicHost, systemPlaces, userPlaces } from '../apply/atomic-host.ts'
import { bundleNames, bundlesText } from '../atomic/bundles-text.ts'
import type { AtomicContainer, AtomicHost } from '../atomic/types.ts'
import { CtrbuildError } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { columns } from '../report/columns.ts'
import { counted } from '../report/format.ts'
import { writeFileAtomic } from '../sys/atomic.ts'
import { diskError } from '../sys/failure.ts'
import { printable } from '../sys/printable.ts'
import { type CommandOptions, painter, type Surroundings } from './context.ts'

export interface ImportAtomicOptions extends CommandOptions {
  /** Root folder of the system that is looked at. */
  readonly root: string
  /** Look for the containers of whoever runs this. */
  readonly user: boolean
  readonly json: boolean
  /** File to write the bundles.yaml to; undefined is standard output. */
  readonly output: string | undefined
}

/**
 * Lists what is there, and writes the bundles.yaml for it. Nothing of atomic's is changed.
 * @throws CtrbuildError ATOMIC_MISSING, ATOMIC_INVALID, OUT_FOREIGN where the file is there, DISK, PERMISSION
 */
export async function importAtomic(
  options: ImportAtomicOptions,
  surroundings: Surroundings,
): Promise<number> {
  const { stdout, stderr, cwd } = surroundings
  const host = readHost(options, surroundings)
  const text = bundlesText(host)
  const output = options.output === undefined ? undefined : resolve(cwd, options.output)
  if (output !== undefined) write(output, text)
  if (options.json) stdout.write(canonicalJson({ formatVersion: 1, ...record(host), bundlesYaml: text }))
  else if (output === undefined) {
    stderr.write(listing(host, painter(options, stderr)))
    stdout.write(text)
  } else stdout.write(listing(host, painter(options, stdout)))
  return 0
}

function readHost({ root, user }: ImportAtomicOptions, { cwd, env }: Surroundings): AtomicHost {
  const at = resolve(cwd, root)
  const dataHome = env.XDG_DATA_HOME || join(env.HOME || '/', '.local/share')
  try {
    return readAtomicHost(user ? userPlaces(at, dataHome) : systemPlaces(at))
  } catch (error) {
    throw diskError(error, `cannot read what atomic left in ${at}`)
  }
}

function write(path: string, text: string): void {
  if (existsSync(path)) {
    throw new CtrbuildError('OUT_FOREIGN', `${path} is there already`, {
      hint: 'Name another file with --output',
    })
  }
  try {
    // It may hold secrets, as the info files do.
    writeFileAtomic(path, text, { mode: 0o600 })
  } catch (error) {
    throw diskError(error, `cannot write ${path}`)
  }
}

function record(host: AtomicHost): object {
  const names = bundleNames(host.containers)
  return {
    ...host,
    repo: host.repo ?? null,
    containers: host.containers.map(container => ({ ...container, bundle: names.get(container) })),
  }
}

function listing(host: AtomicHost, paint: ReturnType<typeof painter>): string {
  const rows = host.containers.map(container => [container.name, ...factsOf(container)])
  const table =
    rows.length === 0
      ? ''
      : columns(
          ['NAME', 'IMAGE', 'CREATED (UTC)', 'STATE'],
          rows.map(row => row.map(printable)),
          paint,
        )
  const repo =
    host.repo === undefined
      ? 'No repository of images.\n'
      : `${host.repo}: ${counted(host.images.length, 'image')}, ${counted(host.layers, 'layer and configuration', 'layers and configurations')}\n`
  const images = host.images.map(({ name, digest }) => `  ${printable(name)}  ${printable(digest ?? '?')}\n`)
  return table + repo + images.join('')
}

function factsOf({ deployments, isPreinstalled }: AtomicContainer): readonly string[] {
  const current = deployments.find(({ isCurrent }) => isCurrent)
  const info = (current ?? deployments[0]!).info
  const state =
    current === undefined
      ? 'left over'
      : (current.damage ?? (isPreinstalled ? 'from a package' : 'installed'))
  return [info?.image ?? '?', dateOf(info?.created), state]
}

function dateOf(created: number | undefined): string {
  return created === undefined ? '?' : new Date(created * 1000).toISOString().slice(0, 19).replace('T', ' ')
}
