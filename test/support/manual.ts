/** The manual page of the program, made from the declarations of its verbs (man-pages(7), groff_man(7)). */
import type { Options } from 'yargs'
import { globalFlags } from '../../src/cli/flags.ts'
import { type Flags, nameOf, type Verb } from '../../src/cli/verb.ts'
import { VERBS } from '../../src/cli/verbs/all.ts'
import { EXIT_STATUS } from '../../src/errors.ts'

/** `ctrbuild.1`. */
export function manualPage(): string {
  return [
    '.\\" Made from src/cli/verbs/: do not edit.',
    '.TH CTRBUILD 1 "" ctrbuild "User Commands"',
    '.SH NAME',
    'ctrbuild \\- root file system bundles from container images, declared in git',
    '.SH SYNOPSIS',
    '.B ctrbuild',
    '.I COMMAND',
    '[\\fIOPTIONS\\fR]',
    '.SH DESCRIPTION',
    'Makes the bundles that bundles.yaml declares: images are pulled by skopeo into an OSTree repository, and bundles for',
    'runc, crun, bwrap\\-oci and bubblewrap are made of them.',
    '.SH COMMANDS',
    ...VERBS.flatMap(section),
    '.SH OPTIONS OF EVERY COMMAND',
    ...flagLines(globalFlags({})),
    '.SH EXIT STATUS',
    'From sysexits(3) where one fits:',
    `${[...new Set<number>([0, 2, ...Object.values(EXIT_STATUS)])].sort((a, b) => a - b).join(', ')}.`,
    'Errors have a stable code beside that: docs/errors.md has all of them.',
    '.SH FILES',
    '.TP',
    '.I bundles.yaml',
    'What to build.',
    '.TP',
    '.I bundles.lock.json',
    'What its tags mean.',
    '.TP',
    '.I .ctrbuild/repo',
    'The OSTree repository.',
    '.TP',
    '.I out/NAME',
    'A bundle.',
    '.SH SEE ALSO',
    '.BR skopeo (1),',
    '.BR ostree (1),',
    '.BR runc (8)',
    '',
  ].join('\n')
}

function section(verb: Verb): string[] {
  const words = verb.command.split(' ').slice(1).join(' ').replace(/[<>]/g, '').toUpperCase()
  const usage = [words, '[OPTIONS]', verb.after ?? ''].filter(Boolean).join(' ')
  const positionals = Object.entries(verb.positionals ?? {}).flatMap(([name, { desc }]) => [
    '.TP',
    `.I ${escaped(name.toUpperCase())}`,
    escaped(`${desc ?? ''}.`),
  ])
  return [
    `.SS ${escaped(`${nameOf(verb)} ${usage}`)}`,
    escaped(`${verb.summary}.`),
    ...positionals,
    ...flagLines(verb.flags({})),
    '.PP',
    'Examples:',
    '.PP',
    '.EX',
    ...verb.examples.map(escaped),
    '.EE',
  ]
}

function flagLines(flags: Flags): string[] {
  return Object.entries(flags)
    .filter(([, { hidden }]) => hidden !== true)
    .flatMap(([name, flag]) => [
      '.TP',
      `.B ${escaped(namesOf(name, flag))}`,
      escaped(`${flag.desc ?? ''}.${fallback(flag)}`),
    ])
}

function namesOf(name: string, { alias, boolean: isSwitch, type, choices }: Options): string {
  const short = [alias ?? []].flat().map(letter => `-${letter}, `)
  const value = choices?.join('|') ?? (isSwitch || type === 'boolean' ? '' : 'VALUE')
  return `${short.join('')}--${name}${value === '' ? '' : ` ${value}`}`
}

function fallback({ default: value }: Options): string {
  const isSilent = value === undefined || value === false || (Array.isArray(value) && value.length === 0)
  return isSilent ? '' : ` Default: ${String(value)}.`
}

/** A text in which nothing is a request or an escape of roff. */
function escaped(text: string): string {
  const safe = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('"', '\\(dq')
  return safe.startsWith('.') ? `\\&${safe}` : safe
}
