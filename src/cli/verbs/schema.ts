/** `ctrbuild schema` on the command line. */
import type { SchemaOptions } from '../../commands/schema.ts'
import { commonOptions } from '../flags.ts'
import { verb } from '../verb.ts'

const DOCUMENTS: readonly SchemaOptions['document'][] = ['bundles', 'plan']

export const schema = verb({
  command: 'schema [document]',
  summary: 'Print the JSON Schema of bundles.yaml, or of a plan',
  examples: ['ctrbuild schema > bundles.schema.json', 'ctrbuild schema plan'],
  positionals: {
    document: {
      choices: DOCUMENTS,
      default: 'bundles' as SchemaOptions['document'],
      desc: 'What it is the schema of',
    },
  },
  flags: () => ({}),
  choose(given) {
    const options: SchemaOptions = { ...commonOptions(given), document: given.document }
    return { options, run: async s => (await import('../../commands/schema.ts')).schema(options, s) }
  },
})
