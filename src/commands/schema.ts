/** `ctrbuild schema`: the JSON Schema of a document, for editors and other programs. */
import { planJsonSchema } from '../plan/schema.ts'
import { bundlesJsonSchema } from '../spec/schema.ts'
import type { CommandOptions, Surroundings } from './context.ts'

export interface SchemaOptions extends CommandOptions {
  /** What the schema is of. */
  readonly document: 'bundles' | 'plan'
}

/** Prints it. Never fails. */
export async function schema({ document }: SchemaOptions, { stdout }: Surroundings): Promise<number> {
  stdout.write(schemaText(document))
  return 0
}

/** A schema as the text of a file. */
export function schemaText(document: SchemaOptions['document']): string {
  const schema = document === 'plan' ? planJsonSchema() : bundlesJsonSchema()
  return `${JSON.stringify(schema, undefined, 2)}\n`
}
