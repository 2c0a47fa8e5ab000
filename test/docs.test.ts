/** Documentation that is made from the code is up to date. `npx vitest run -u …` or `make docs` writes it anew. */
import { expect, test } from 'vitest'
import { commandsPage } from './support/commands-page.ts'
import { errorsPage, keysPage, schemaFile, unionPage } from './support/docs.ts'

test.each([
  ['bundles-yaml.md', keysPage],
  ['bundles.schema.json', schemaFile],
  ['commands.md', commandsPage],
  ['errors.md', errorsPage],
  ['union.md', unionPage],
])('docs/%s is what the code says', async (name, make) => {
  await expect(make()).toMatchFileSnapshot(`../docs/${name}`)
})
