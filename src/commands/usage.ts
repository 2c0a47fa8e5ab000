/** Mistakes on the command line, in ctrbuild's words. */
import { CtrbuildError } from '../errors.ts'
import { closest } from '../spec/suggest.ts'

/** What could have been meant. */
export interface Vocabulary {
  readonly commands: readonly string[]
  /** Without dashes. */
  readonly options: readonly string[]
}

/** Turns what the parser says into an error with a suggestion. `words` are the arguments as they were given. */
export function usageError(message: string, words: readonly string[], vocabulary: Vocabulary): CtrbuildError {
  const unknown = /^Unknown (?:argument|command)s?: (.*)$/.exec(message)?.[1]?.split(', ')[0]
  if (unknown !== undefined) return unknownWord(unknown, words, vocabulary)
  const missing = /^Not enough arguments following: (.*)$/.exec(message)?.[1]
  if (missing !== undefined) return usage(`${dashed(missing)} needs a value`)
  const invalid = /Argument: ([^,]+), Given: (.*), Choices: (.*)/.exec(message)
  if (invalid !== null) return usage(`${dashed(invalid[1]!)} cannot be ${invalid[2]}`, `One of ${invalid[3]}`)
  return usage(message.trim().replace(/\s*\n\s*/g, ' '))
}

/** A mistake on the command line. */
export function usage(message: string, hint = 'See "ctrbuild --help"'): CtrbuildError {
  return new CtrbuildError('USAGE', message, { hint })
}

function unknownWord(
  unknown: string,
  words: readonly string[],
  { commands, options }: Vocabulary,
): CtrbuildError {
  // The parser names options without their dashes.
  const isOption = words.some(word => word.startsWith('-') && word.replace(/^-+|=.*$/gs, '') === unknown)
  const near = closest(unknown, isOption ? options : commands)
  if (isOption && options.includes(unknown)) return usage(`this command has no option ${dashed(unknown)}`)
  if (isOption) return usage(`there is no option ${dashed(unknown)}`, near && `Did you mean ${dashed(near)}?`)
  if (words.some(word => commands.includes(word)))
    return usage(`${JSON.stringify(unknown)} is one argument too many`)
  return usage(`${JSON.stringify(unknown)} is not a command`, near && `Did you mean "ctrbuild ${near}"?`)
}

function dashed(option: string): string {
  return option.length === 1 ? `-${option}` : `--${option}`
}
