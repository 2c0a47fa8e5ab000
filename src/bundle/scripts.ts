/** The small files by which a bundle is run: scripts for each runtime, and for the container that they start. */
import type { Runtime } from '../spec/types.ts'
import { bwrapOptions } from './bwrap.ts'
import { enterFiles } from './enter.ts'
import { BWRAP_ARGS, bwrapScript } from './script-bwrap.ts'
import { execScript } from './script-exec.ts'
import { ociScript } from './script-oci.ts'
import { logsScript, statusScript } from './script-status.ts'
import { stopScript } from './script-stop.ts'
import type { BundleFile, RuntimeConfig } from './types.ts'

/** What scripts are made for. */
export interface ScriptSources {
  readonly name: string
  /** The first is what `run` starts. Never empty. */
  readonly runtimes: readonly Runtime[]
  readonly config: RuntimeConfig
  /** What a runtime does otherwise than the configuration says. */
  notesOn(runtime: Runtime): readonly string[]
}

/**
 * `run`, and `run-RUNTIME` for each runtime with what it needs; `exec`, `stop`, `status` and `logs`. They work wherever
 * the bundle is moved to.
 */
export function makeScripts(sources: ScriptSources): BundleFile[] {
  const { name, runtimes, config } = sources
  return [
    executable('run', firstScript(runtimes[0]!)),
    ...runtimes.flatMap(runtime => filesFor(runtime, sources)),
    executable('exec', execScript(name, config)),
    executable('stop', stopScript(name, config)),
    executable('status', statusScript(name)),
    executable('logs', logsScript(name)),
    ...(runtimes.some(runtime => runtime.startsWith('bwrap')) ? enterFiles(config) : []),
  ]
}

function filesFor(runtime: Runtime, { name, config, notesOn }: ScriptSources): BundleFile[] {
  const notes = notesOn(runtime)
  if (runtime !== 'bwrap') return [executable(`run-${runtime}`, ociScript(runtime, name, config, notes))]
  const options = bwrapOptions(config).map(option => `${option}\0`)
  return [
    executable('run-bwrap', bwrapScript(name, config, notes)),
    // Root's users other than root read it through the script's own descriptor.
    { path: BWRAP_ARGS, mode: 0o644, content: options.join('') },
  ]
}

function firstScript(runtime: Runtime): string {
  return `#!/bin/sh
# Runs this bundle. Made by ctrbuild: changes are gone with the next apply.
set -eu
self=$(readlink -f -- "$0")
exec "\${self%/*}/run-${runtime}" "$@"
`
}

function executable(path: string, content: string): BundleFile {
  return { path, mode: 0o755, content }
}
