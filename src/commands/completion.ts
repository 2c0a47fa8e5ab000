/** `ctrbuild completion`: a script for the shell, and what that script asks for. */

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { namesIn } from '../apply/generations.ts'
import { placesOf } from '../apply/places.ts'
import { hostPlatform } from '../oci/platform.ts'
import { parseSpec } from '../spec/parse.ts'
import { readTextFile } from '../sys/text-file.ts'
import type { CommandOptions, Surroundings } from './context.ts'

export interface CompletionOptions extends CommandOptions {
  /** Answers with the candidates for a command line; undefined: print the script. */
  readonly candidates: ((bundles: readonly string[]) => readonly string[]) | undefined
}

/** Prints the script, or one candidate a line. Whatever is wrong with bundles.yaml, nothing is said. */
export async function completion(
  { candidates, file }: CompletionOptions,
  { stdout, cwd, arch }: Surroundings,
): Promise<number> {
  if (candidates === undefined) stdout.write(SCRIPT)
  else
    stdout.write(
      candidates(bundlesOf(resolve(cwd, file), arch))
        .map(text => `${text}\n`)
        .join(''),
    )
  return 0
}

/** Names in bundles.yaml, and of bundles that stand in its output folder. */
function bundlesOf(path: string, arch: string): readonly string[] {
  try {
    const parsed = parseSpec(readFileSync(path, 'utf8'), {
      file: path,
      platform: hostPlatform(arch),
      read: source => readTextFile(resolve(dirname(path), source)),
    })
    if (!parsed.ok) return []
    return [...parsed.spec.bundles.map(bundle => bundle.name), ...namesIn(placesOf(path, parsed.spec).out)]
  } catch {
    return []
  }
}

const SCRIPT = `# Completes ctrbuild's command lines. In ~/.bashrc: eval "$(ctrbuild completion)"
# In ~/.zshrc: autoload -U compinit bashcompinit && compinit && bashcompinit && eval "$(ctrbuild completion)"
_ctrbuild() {
  local IFS=$'\\n'
  # shellcheck disable=SC2207 # one candidate a line
  COMPREPLY=($(ctrbuild completion --candidates -- "\${COMP_WORDS[@]:1:$COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _ctrbuild ctrbuild
`
