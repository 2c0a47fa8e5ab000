/**
 * The command line: flags in, typed options out. Nothing else knows flags; each verb has a file in `verbs/`, and its
 * command is loaded when it is run.
 */
import yargs, { type Argv } from 'yargs'
import type { CommandOptions, Surroundings } from '../commands/context.ts'
import { usage, usageError } from '../commands/usage.ts'
import { CtrbuildError, EXIT_STATUS } from '../errors.ts'
import { colorFromEnv, paintFor } from '../report/color.ts'
import { errorRecord, renderError } from '../report/error.ts'
import { diskError } from '../sys/failure.ts'
import { globalFlags } from './flags.ts'
import { type Chosen, nameOf, type Verb } from './verb.ts'
import { VERBS } from './verbs/all.ts'

type AnyGiven = Parameters<Verb['choose']>[0]

/** Runs the command that the arguments name, shows its failure, and returns what the process should end with. */
export async function runCli(
  argv: readonly string[],
  version: string,
  surroundings: Surroundings,
): Promise<number> {
  const { env, stderr } = surroundings
  let shown: Pick<CommandOptions, 'color' | 'progress'> = { color: colorFromEnv(env), progress: 'auto' }
  try {
    const chosen = await parse(argv, version, surroundings)
    if (typeof chosen === 'number') return chosen
    shown = chosen.options
    return await chosen.run(surroundings)
  } catch (raw) {
    const error = diskError(raw, 'cannot go on')
    const isJson = shown.progress === 'json'
    stderr.write(
      isJson ? `${JSON.stringify(errorRecord(error))}\n` : renderError(error, paintFor(shown.color, stderr)),
    )
    return error instanceof CtrbuildError ? error.exitStatus : EXIT_STATUS.FAILED
  }
}

/** The command that was chosen; or an exit status, where all there was to do was to show help. */
async function parse(
  argv: readonly string[],
  version: string,
  surroundings: Surroundings,
): Promise<Chosen | number> {
  let chosen: Chosen | undefined
  let help = ''
  // After a command's handler yargs renders its help, which nobody asked for: leaving it there is a tenth faster.
  const enough = new Error('the command is known')
  const parser = table(version, surroundings, command => {
    chosen = command
    throw enough
  })
  const fail = (message: string | null | undefined, error: unknown) => {
    if (error instanceof CtrbuildError || !message) throw error
    throw usageError(message, argv, vocabulary(surroundings))
  }
  try {
    await parser.fail(fail).parseAsync([...argv], {}, (_error: unknown, _args: unknown, output: string) => {
      help = output
    })
  } catch (error) {
    if (error !== enough) throw error
  }
  if (help !== '') surroundings.stdout.write(`${help}\n`)
  if (chosen !== undefined || help !== '') return chosen ?? 0
  surroundings.stderr.write(`${await parser.getHelp()}\n`)
  return EXIT_STATUS.USAGE
}

/** Words that could have been meant. */
function vocabulary({ env }: Surroundings) {
  const flags = [globalFlags(env), ...VERBS.map(verb => verb.flags(env))]
  return { commands: VERBS.map(nameOf), options: ['help', 'version', ...flags.flatMap(Object.keys)] }
}

function table(version: string, { env, stdout }: Surroundings, choose: (chosen: Chosen) => void): Argv {
  const start = yargs()
    .options(globalFlags(env))
    .scriptName('ctrbuild')
    .detectLocale(false)
    .exitProcess(false)
    .parserConfiguration({
      'greedy-arrays': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'populate--': true,
    })
    .usage('Examples:\n$ ctrbuild plan\n$ ctrbuild apply\n\nUsage: $0 COMMAND [OPTIONS]')
  const add = (parser: Argv, verb: Verb) =>
    parser.command(
      verb.command,
      verb.summary,
      sub => declare(sub, verb, env),
      args => choose(choice(verb, args as unknown as AnyGiven)),
    )
  return VERBS.reduce(add, start as Argv)
    .strict()
    .alias('h', 'help')
    .version(version)
    .wrap(Math.min(100, stdout.columns ?? 80))
}

function declare(parser: Argv, verb: Verb, env: Surroundings['env']): Argv {
  const examples = verb.examples.map(example => `$ ${example}`).join('\n')
  const words = verb.command.toUpperCase().split(' ').slice(1).join(' ').replace(/[<>]/g, '')
  const line = ['Usage: $0', nameOf(verb), words, '[OPTIONS]', verb.after ?? ''].filter(Boolean).join(' ')
  const shown = parser.usage(`Examples:\n${examples}\n\n${line}\n\n${verb.summary}.`).options(verb.flags(env))
  return Object.entries(verb.positionals ?? {}).reduce(
    (built, [name, options]) => built.positional(name, options),
    shown as Argv,
  )
}

function choice(verb: Verb, given: AnyGiven): Chosen {
  const [first] = given['--'] ?? []
  if (first !== undefined && verb.takesCommand !== true)
    throw usage(`${JSON.stringify(first)} is one argument too many`)
  return verb.choose(given)
}
