/** `ctrbuild validate` on the command line. */
import type { ValidateOptions } from '../../commands/validate.ts'
import { commonOptions, once } from '../flags.ts'
import { verb } from '../verb.ts'

const FORMATS: readonly ValidateOptions['format'][] = ['text', 'json', 'github', 'gitlab']

export const validate = verb({
  command: 'validate',
  summary: 'Check bundles.yaml, without a network',
  examples: [
    'ctrbuild validate',
    'ctrbuild validate --file deploy/bundles.yaml',
    'ctrbuild validate --format gitlab > gl-code-quality.json',
  ],
  flags: () => ({
    format: {
      choices: FORMATS,
      default: 'text' as ValidateOptions['format'],
      desc: 'What to print: text, JSON, GitHub annotations, a GitLab code quality report',
    },
  }),
  choose(given) {
    const options: ValidateOptions = { ...commonOptions(given), format: once('format', given.format) }
    return { options, run: async s => (await import('../../commands/validate.ts')).validate(options, s) }
  },
})
