/** Documentation that is made from the code is up to date. `npx vitest run -u …` or `make docs` writes it anew. */
import { expect, test } from 'vitest'
import { commandsPage } from './support/commands-page.ts'
import { errorsPage, keysPage, schemaFile, unionPage } from './support/docs.ts'
import { planPage, planSchemaFile } from './support/plan-page.ts'

test.each([
  ['bundles-yaml.md', keysPage],
  ['bundles.schema.json', schemaFile],
  ['commands.md', commandsPage],
  ['errors.md', errorsPage],
  ['plan.md', planPage],
  ['plan.schema.json', planSchemaFile],
  ['union.md', unionPage],
])('docs/%s is what the code says', async (name, make) => {
  await expect(make()).toMatchFileSnapshot(`../docs/${name}`)
})
