/** The command line: flags in, typed options out. Nothing else knows flags, and commands are loaded when they are run. */
import yargs, { type Argv } from 'yargs'
import type { ApplyOptions, CommandOptions, PlanOptions, Surroundings } from './commands/context.ts'
import { parseDuration } from './commands/duration.ts'
import { usage, usageError } from './commands/usage.ts'
import { CtrbuildError, EXIT_STATUS } from './errors.ts'
import { type ColorChoice, colorFromEnv, paintFor } from './report/color.ts'
import { errorRecord, renderError } from './report/error.ts'
import type { ProgressStyle } from './report/reporter.ts'
import { isCi } from './sys/environment.ts'
import { diskError } from './sys/failure.ts'

/** A command with its options, ready to run. */
interface Chosen {
  readonly options: CommandOptions
  run(surroundings: Surroundings): Promise<number>
}

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
    throw usageError(message, argv, { commands: Object.keys(SUMMARY), options: OPTIONS })
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

const SUMMARY = {
  validate: 'Check bundles.yaml, without a network',
  lock: 'Ask what the tags in bundles.yaml mean, and write bundles.lock.json',
  plan: 'Show what apply would change',
  apply: 'Make the bundles what bundles.yaml says',
} as const

const EXAMPLES = {
  validate: ['ctrbuild validate', 'ctrbuild validate --file deploy/bundles.yaml'],
  lock: ['ctrbuild lock'],
  plan: ['ctrbuild plan', 'ctrbuild plan --detailed-exitcode --out plan.json', 'ctrbuild plan --json'],
  apply: [
    'ctrbuild apply',
    'ctrbuild apply plan.json',
    'ctrbuild apply --target redis --target nginx --offline',
  ],
} as const

/** For suggestions. */
const OPTIONS = [
  ...['file', 'color', 'progress', 'help', 'version', 'json', 'detailed-exitcode', 'out'],
  ...['jobs', 'target', 'locked', 'offline', 'lock-timeout'],
]

const COLORS: readonly ColorChoice[] = ['auto', 'always', 'never']
const PROGRESS: readonly ProgressStyle[] = ['auto', 'tty', 'plain', 'json', 'quiet']
const LOCK_TIMEOUT = '5m'

function table(version: string, { env, stdout }: Surroundings, choose: (chosen: Chosen) => void) {
  return globalFlags(yargs(), env)
    .scriptName('ctrbuild')
    .detectLocale(false)
    .exitProcess(false)
    .parserConfiguration({ 'greedy-arrays': false, 'parse-positional-numbers': false, 'dot-notation': false })
    .usage('Examples:\n$ ctrbuild plan\n$ ctrbuild apply\n\nUsage: $0 COMMAND [OPTIONS]')
    .command('validate', SUMMARY.validate, withUsage('validate'), args => {
      const options = commonOptions(args)
      choose({ options, run: async s => (await import('./commands/validate.ts')).validate(options, s) })
    })
    .command('lock', SUMMARY.lock, withUsage('lock'), args => {
      const options = commonOptions(args)
      choose({ options, run: async s => (await import('./commands/lock.ts')).lock(options, s) })
    })
    .command('plan', SUMMARY.plan, planFlags(env), args => {
      const options: PlanOptions = { ...lockingOptions(args), ...planOnly(args) }
      choose({ options, run: async s => (await import('./commands/plan.ts')).plan(options, s) })
    })
    .command('apply [planfile]', SUMMARY.apply, applyFlags(env), args => {
      const options: ApplyOptions = { ...lockingOptions(args), ...applyOnly(args) }
      choose({ options, run: async s => (await import('./commands/apply.ts')).apply(options, s) })
    })
    .strict()
    .alias('h', 'help')
    .version(version)
    .wrap(Math.min(100, stdout.columns ?? 80))
}

type Env = Surroundings['env']
type GlobalFlags = ReturnType<typeof globalFlags>

function globalFlags(parser: Argv, env: Env) {
  return parser
    .option('file', {
      alias: 'f',
      string: true,
      requiresArg: true,
      default: 'bundles.yaml',
      desc: 'What to build',
    })
    .option('color', { choices: COLORS, default: colorFromEnv(env), desc: 'When to colour' })
    .option('progress', { choices: PROGRESS, default: 'auto' as ProgressStyle, desc: 'How to show progress' })
}

function withUsage(name: keyof typeof EXAMPLES) {
  const examples = EXAMPLES[name].map(example => `$ ${example}`).join('\n')
  const argument = name === 'apply' ? ' [PLANFILE]' : ''
  return (parser: GlobalFlags) =>
    parser.usage(`Examples:\n${examples}\n\nUsage: $0 ${name}${argument} [OPTIONS]\n\n${SUMMARY[name]}.`)
}

function lockingFlags(parser: GlobalFlags, env: Env) {
  return parser
    .option('target', {
      ...TEXT,
      array: true,
      default: [] as string[],
      desc: 'Only this bundle (repeatable)',
    })
    .option('locked', {
      boolean: true,
      default: isCi(env),
      desc: 'Fail if the lock would change; the default in CI',
    })
    .option('offline', { boolean: true, default: false, desc: 'Ask no registry' })
}

const TEXT = { string: true, requiresArg: true } as const

function planFlags(env: Env) {
  return (parser: GlobalFlags) =>
    lockingFlags(withUsage('plan')(parser), env)
      .option('json', { boolean: true, default: false, desc: 'Print the plan as JSON' })
      .option('detailed-exitcode', { boolean: true, default: false, desc: 'End with 2 if there are changes' })
      .option('out', { ...TEXT, desc: 'Save the plan for "ctrbuild apply PLANFILE"' })
}

function applyFlags(env: Env) {
  return (parser: GlobalFlags) =>
    lockingFlags(withUsage('apply')(parser), env)
      .positional('planfile', { type: 'string', desc: 'A plan that "ctrbuild plan --out" saved' })
      .option('jobs', { ...TEXT, alias: 'j', desc: 'How much to do at once' })
      .option('lock-timeout', { ...TEXT, default: LOCK_TIMEOUT, desc: 'How long to wait for the store' })
}

interface Common {
  readonly file: string
  readonly color: ColorChoice
  readonly progress: ProgressStyle
}

function commonOptions(args: Common): CommandOptions {
  return {
    file: once('file', args.file),
    color: once('color', args.color),
    progress: once('progress', args.progress),
  }
}

function lockingOptions(args: Common & { target: readonly string[]; locked: boolean; offline: boolean }) {
  const { target, locked, offline } = args
  return {
    ...commonOptions(args),
    targets: target,
    locked: once('locked', locked),
    offline: once('offline', offline),
  }
}

function planOnly(args: { json: boolean; 'detailed-exitcode': boolean; out: string | undefined }) {
  return { json: args.json, detailedExitcode: args['detailed-exitcode'], out: once('out', args.out) }
}

function applyOnly(args: {
  planfile: string | undefined
  jobs: string | undefined
  'lock-timeout': string
  target: readonly string[]
}) {
  const jobs = once('jobs', args.jobs)
  if (jobs !== undefined && !/^[1-9]\d{0,3}$/.test(jobs))
    throw usage(`--jobs cannot be ${JSON.stringify(jobs)}`, 'A number from 1')
  const timeout = once('lock-timeout', args['lock-timeout'])
  const lockTimeout = parseDuration(timeout)
  if (lockTimeout === undefined)
    throw usage(`--lock-timeout cannot be ${JSON.stringify(timeout)}`, 'For example 30s or 5m')
  if (args.planfile !== undefined && args.target.length > 0)
    throw usage('a saved plan cannot be limited to --target')
  return { planFile: args.planfile, jobs: jobs === undefined ? undefined : Number(jobs), lockTimeout }
}

/** An option that is given twice arrives as a list, whatever its type says. */
function once<T>(name: string, value: T): T {
  if (Array.isArray(value)) throw usage(`--${name} was given ${value.length} times`, 'Give it once')
  return value
}
