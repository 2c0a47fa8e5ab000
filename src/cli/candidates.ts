/** What can stand at the end of a command line that is being typed. */
import type { Options, PositionalOptions } from 'yargs'
import { globalFlags } from './flags.ts'
import { nameOf, type Verb } from './verb.ts'

/** Arguments and flags that name a bundle. */
const BUNDLES = ['name', 'bundle', 'container', 'target']

/**
 * Candidates for the last word, sorted; none where it is a file or free text.
 * @param words all after the program's name; the last one is being typed and may be empty
 * @param bundles names of bundles
 */
export function candidates(
  words: readonly string[],
  verbs: readonly Verb[],
  bundles: readonly string[],
): readonly string[] {
  const before = words.slice(0, -1)
  const current = words.at(-1) ?? ''
  const verb = verbs.find(one => before.includes(nameOf(one)))
  const flags: Readonly<Record<string, Options>> = { ...globalFlags({}), ...verb?.flags({}) }
  const open = flagThatWaits(before.at(-1), flags)
  const all =
    before.includes('--') && verb?.takesCommand === true
      ? []
      : open !== undefined
        ? valuesOf(...open, bundles)
        : current.startsWith('-')
          ? [
              '--help',
              ...(verb === undefined ? ['--version'] : []),
              ...Object.keys(flags).map(flag => `--${flag}`),
            ]
          : verb === undefined
            ? verbs.map(nameOf)
            : Object.entries(verb.positionals ?? {}).flatMap(([name, options]) =>
                valuesOf(name, options, bundles),
              )
  return [...new Set(all)].filter(text => text.startsWith(current)).sort()
}

/** The flag before the last word, where it needs a value. */
function flagThatWaits(
  word: string | undefined,
  flags: Readonly<Record<string, Options>>,
): readonly [string, Options] | undefined {
  if (word === undefined || !word.startsWith('-') || word.includes('=')) return undefined
  const found = Object.entries(flags).find(
    ([name, { alias }]) => word === `--${name}` || word === `-${String(alias)}`,
  )
  const isSwitch = found?.[1].boolean === true || found?.[1].type === 'boolean'
  return isSwitch ? undefined : found
}

function valuesOf(
  name: string,
  { choices }: Options | PositionalOptions,
  bundles: readonly string[],
): readonly string[] {
  if (choices !== undefined) return choices.map(String)
  return BUNDLES.includes(name) ? bundles : []
}
