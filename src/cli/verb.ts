/** What a verb of the command line is: its words, its flags, and the command that they come to. */
import type { InferredOptionTypes, Options, PositionalOptions } from 'yargs'
import type { CommandOptions, Surroundings } from '../commands/context.ts'
import type { GlobalFlags } from './flags.ts'

/** Variables of the environment. */
export type Env = Surroundings['env']

/** Flags by name, as yargs takes them. */
export type Flags = Readonly<Record<string, Options>>

/** Arguments without dashes by name, as yargs takes them. */
export type Positionals = Readonly<Record<string, PositionalOptions>>

/** A command with its options, ready to run. */
export interface Chosen {
  readonly options: CommandOptions
  run(surroundings: Surroundings): Promise<number>
}

/** What was given for a verb: flags and arguments by name, and what stands after `--`. */
export type Given<F extends Flags, P extends Positionals> = InferredOptionTypes<GlobalFlags> &
  InferredOptionTypes<F> &
  InferredOptionTypes<P> & { readonly '--'?: readonly string[] }

/** A verb, as its file declares it. */
export interface Verb<F extends Flags = Flags, P extends Positionals = Positionals> {
  /** The name and then the arguments, such as `apply [planfile]` or `diff <name>`. */
  readonly command: string
  /** One sentence without a full stop. */
  readonly summary: string
  /** What stands for the flags in the usage line, where it is not `[OPTIONS]` alone. */
  readonly after?: string
  /** Whole command lines. Never empty. */
  readonly examples: readonly string[]
  readonly positionals?: P
  /** True where words after `--` are for something else: otherwise they are a mistake. */
  readonly takesCommand?: boolean
  flags(env: Env): F
  /**
   * Turns what was given into a command. It is loaded only when it is run.
   * @throws CtrbuildError USAGE
   */
  choose(given: Given<F, P>): Chosen
}

/** Declares a verb: its flags' types are those that `choose` is given. */
export function verb<F extends Flags, P extends Positionals = Record<never, never>>(
  declared: Verb<F, P>,
): Verb {
  return declared as unknown as Verb
}

/** The first word of a verb's command. */
export function nameOf({ command }: Pick<Verb, 'command'>): string {
  return command.split(' ')[0]!
}
