/** The small files by which a bundle is run: a script for each runtime, and `run` for the first of them. */
import type { Runtime } from '../spec/types.ts'
import { bwrapOptions } from './bwrap.ts'
import { BWRAP_ARGS, bwrapScript } from './script-bwrap.ts'
import { ociScript } from './script-oci.ts'
import type { BundleFile, RuntimeConfig } from './types.ts'

/** What scripts are made for. */
export interface ScriptSources {
  readonly name: string
  /** The first is what `run` starts. Never empty. */
  readonly runtimes: readonly Runtime[]
  readonly config: RuntimeConfig
}

/** `run`, and `run-RUNTIME` for each runtime with what it needs. They work wherever the bundle is moved to. */
export function makeScripts({ name, runtimes, config }: ScriptSources): BundleFile[] {
  return [
    executable('run', firstScript(runtimes[0]!)),
    ...runtimes.flatMap(runtime => filesFor(runtime, name, config)),
  ]
}

function filesFor(runtime: Runtime, name: string, config: RuntimeConfig): BundleFile[] {
  if (runtime !== 'bwrap') return [executable(`run-${runtime}`, ociScript(runtime, name, config))]
  const options = bwrapOptions(config).map(option => `${option}\0`)
  return [
    executable('run-bwrap', bwrapScript(name, config)),
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
