/** `ctrbuild show` on the command line. */
import type { ShowOptions } from '../../commands/show.ts'
import { usage } from '../../commands/usage.ts'
import { commonOptions, once, SWITCH, TEXT } from '../flags.ts'
import { verb } from '../verb.ts'

/** A comment on GitHub has at most 65,536 characters. */
const MAX_CHARS = '60000'
/** Below this, not even the last sentences fit. */
const LEAST_CHARS = 1000

export const show = verb({
  command: 'show <planfile>',
  summary: 'Show a saved plan',
  examples: ['ctrbuild show plan.json', 'ctrbuild show plan.json --markdown > comment.md'],
  positionals: {
    planfile: { type: 'string', demandOption: true, desc: 'A plan that "ctrbuild plan --out" saved' },
  },
  flags: () => ({
    json: { ...SWITCH, desc: 'Print it as JSON' },
    markdown: { ...SWITCH, desc: 'Print it as Markdown, for a comment on a pull request' },
    'max-chars': { ...TEXT, default: MAX_CHARS, desc: 'The most characters of Markdown' },
  }),
  choose(given) {
    const [json, markdown] = [once('json', given.json), once('markdown', given.markdown)]
    if (json && markdown) throw usage('--json and --markdown are two forms', 'Give one of them')
    const options: ShowOptions = {
      ...commonOptions(given),
      planFile: given.planfile,
      form: json ? 'json' : markdown ? 'markdown' : 'text',
      maxChars: charsOf(once('max-chars', given['max-chars'])),
    }
    return { options, run: async s => (await import('../../commands/show.ts')).show(options, s) }
  },
})

function charsOf(text: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (count >= LEAST_CHARS) return count
  throw usage(`--max-chars cannot be ${JSON.stringify(text)}`, `A number from ${LEAST_CHARS}`)
}
