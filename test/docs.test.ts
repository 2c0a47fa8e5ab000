/** Documentation that is made from the code is up to date. `npx vitest run -u …` or `make docs` writes it anew. */

import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { performancePage } from '../bench/page.ts'
import { globalFlags } from '../src/cli/flags.ts'
import { nameOf } from '../src/cli/verb.ts'
import { VERBS } from '../src/cli/verbs/all.ts'
import { commandsPage } from './support/commands-page.ts'
import { errorsPage, keysPage, schemaFile, unionPage } from './support/docs.ts'
import { eventsPage } from './support/events-page.ts'
import { temporaryFolder } from './support/folder.ts'
import { manualPage } from './support/manual.ts'
import { planPage, planSchemaFile } from './support/plan-page.ts'
import { needs } from './support/programs.ts'

test.each([
  ['bundles-yaml.md', keysPage],
  ['bundles.schema.json', schemaFile],
  ['commands.md', commandsPage],
  ['ctrbuild.1', manualPage],
  ['errors.md', errorsPage],
  ['events.md', eventsPage],
  [
    'performance.md',
    () =>
      performancePage(JSON.parse(readFileSync(new URL('../bench/results.json', import.meta.url), 'utf8'))),
  ],
  ['plan.md', planPage],
  ['plan.schema.json', planSchemaFile],
  ['union.md', unionPage],
])('docs/%s is what the code says', async (name, make) => {
  await expect(make()).toMatchFileSnapshot(`../docs/${name}`)
})

test.each(['from-atomic.md', 'export.md'])(
  'docs/%s names commands that there are, with flags that they have',
  async name => {
    const text = await readFile(new URL(`../docs/${name}`, import.meta.url), 'utf8')
    const uses = [...text.matchAll(/(?:`|^|&& )ctrbuild ([a-z-]+)((?: [^\s`|&,;)]+)*)/gm)]
    expect(uses.length).toBeGreaterThan(5)
    for (const [whole, word, rest] of uses) {
      const verb = VERBS.find(verb => nameOf(verb) === word)
      expect(verb, whole).toBeDefined()
      const known = Object.keys({ ...globalFlags({}), ...verb!.flags({}) })
      for (const [, flag] of rest!.matchAll(/ --([a-z-]+)/g)) expect(known, whole).toContain(flag)
    }
  },
)

test('the manual page has no faults', async ctx => {
  needs(ctx, 'man')
  const page = join(await temporaryFolder(), 'ctrbuild.1')
  await writeFile(page, manualPage())
  const env = { LC_ALL: 'C.UTF-8', MANWIDTH: '100', MANROFFOPT: '', PATH: process.env.PATH }
  const { stdout, stderr } = await execa('man', ['--warnings=all', '--local-file', page], {
    env,
    extendEnv: false,
  })
  expect(stderr).toBe('')
  for (const verb of VERBS) expect(stdout).toMatch(new RegExp(`^   ${nameOf(verb)}\\b`, 'm'))
})
