/** `ctrbuild completion` on the command line. */
import type { CompletionOptions } from '../../commands/completion.ts'
import { candidates } from '../candidates.ts'
import { commonOptions, once, SWITCH } from '../flags.ts'
import { type Verb, verb } from '../verb.ts'

/** Made from the other verbs, which it completes. */
export const completionOf = (others: readonly Verb[]): Verb =>
  verb({
    command: 'completion',
    summary: 'Print a script with which bash and zsh complete command lines',
    examples: ['eval "$(ctrbuild completion)"'],
    takesCommand: true,
    flags: () => ({
      candidates: { ...SWITCH, hidden: true, desc: 'Print what the last word after -- can be' },
    }),
    choose(given) {
      const words = given['--'] ?? []
      const options: CompletionOptions = {
        ...commonOptions(given),
        ...fileIn(words),
        candidates: once('candidates', given.candidates)
          ? bundles => candidates(words, others, bundles)
          : undefined,
      }
      return {
        options,
        run: async s => (await import('../../commands/completion.ts')).completion(options, s),
      }
    },
  })

/** The bundles.yaml that the command line being typed names. */
function fileIn(words: readonly string[]): Partial<Pick<CompletionOptions, 'file'>> {
  const file = words[words.findLastIndex(word => word === '--file' || word === '-f') + 1]
  return words.some(word => word === '--file' || word === '-f') && file !== undefined ? { file } : {}
}
