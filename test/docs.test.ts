/** Documentation that is made from the code is up to date. `npx vitest run -u …` or `make docs` writes it anew. */
import { expect, test } from 'vitest'
import { errorsPage, keysPage, schemaFile, unionPage } from './support/docs.ts'

test.each([
  ['bundles-yaml.md', keysPage],
  ['bundles.schema.json', schemaFile],
  ['errors.md', errorsPage],
  ['union.md', unionPage],
])('docs/%s is what the code says', async (name, make) => {
  await expect(make()).toMatchFileSnapshot(`../docs/${name}`)
})
