/** The page of the command line's verbs, made from their declarations. */
import type { Options } from 'yargs'
import { globalFlags } from '../../src/cli/flags.ts'
import { type Flags, nameOf, type Positionals, type Verb } from '../../src/cli/verb.ts'
import { VERBS } from '../../src/cli/verbs/all.ts'

/** Every verb, with its arguments, flags and examples. */
export function commandsPage(): string {
  const verbs = VERBS.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const parts = [
    '# Commands',
    'Every verb with its flags. `ctrbuild VERB --help` shows the same. This page is made from `src/cli/verbs/`.',
    ['| | |', '|---|---|', ...verbs.map(line)].join('\n'),
    '## For every verb',
    flagTable(globalFlags({})),
    ...verbs.flatMap(section),
  ]
  return `${parts.join('\n\n')}\n`
}

function line(verb: Verb): string {
  const name = nameOf(verb)
  return `| [\`${name}\`](#${name}) | ${cell(verb.summary)} |`
}

function section(verb: Verb): readonly string[] {
  const words = verb.command.split(' ').slice(1).join(' ').replace(/[<>]/g, '').toUpperCase()
  const usage = ['ctrbuild', nameOf(verb), words, '[OPTIONS]', verb.after ?? ''].filter(Boolean).join(' ')
  const flags = verb.flags({})
  return [
    `## \`${nameOf(verb)}\``,
    `${verb.summary}.`,
    ['```sh', ...verb.examples, '```'].join('\n'),
    `\`${usage}\``,
    ...(verb.positionals === undefined ? [] : [argumentTable(verb.positionals)]),
    ...(Object.keys(flags).length === 0 ? [] : [flagTable(flags)]),
  ]
}

function argumentTable(positionals: Positionals): string {
  const rows = Object.entries(positionals).map(
    ([name, { desc, description, describe }]) =>
      `| \`${name.toUpperCase()}\` | ${cell(desc ?? description ?? describe ?? '')} |`,
  )
  return ['| argument | |', '|---|---|', ...rows].join('\n')
}

function flagTable(flags: Flags): string {
  const rows = Object.entries(flags)
    .filter(([, { hidden }]) => hidden !== true)
    .map(([name, flag]) => {
      const { desc, description, describe, default: fallback } = flag
      const isSilent = fallback === undefined || fallback === false || isEmpty(fallback)
      const shown = isSilent ? '' : `\`${String(fallback)}\``
      return `| ${names(name, flag)} | ${cell(desc ?? description ?? describe ?? '')} | ${shown} |`
    })
  return ['| flag | | default |', '|---|---|---|', ...rows].join('\n')
}

function names(name: string, { alias, boolean: isSwitch, type, choices }: Options): string {
  const short = [alias ?? []].flat().map(letter => `\`-${letter}\`, `)
  const value = choices?.join('\\|') ?? (isSwitch || type === 'boolean' ? '' : 'VALUE')
  return `${short.join('')}\`--${name}${value === '' ? '' : ` ${value}`}\``
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
