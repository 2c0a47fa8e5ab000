/** Pages of documentation that are made from the code, so that they cannot go stale. */
import { readFileSync } from 'node:fs'
import { EXIT_STATUS } from '../../src/errors.ts'
import { bundlesJsonSchema } from '../../src/spec/schema.ts'

/** As much of JSON Schema as the schema of bundles.yaml has. */
interface Schema {
  readonly description?: string
  readonly default?: unknown
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
}

/** Every key of bundles.yaml. */
export function keysPage(): string {
  const schema = bundlesJsonSchema() as Schema
  const { images, bundles, defaults, ...top } = schema.properties!
  const bundle = entryOf(bundles!)
  const variants = mountVariants(bundle.properties!.mounts!)
  const mounts = variants.flatMap(variant => [
    `### \`type: ${variant.properties!.type!.const}\``,
    table({ ...variant, properties: withoutType(variant.properties!) }),
  ])
  return page([
    '# bundles.yaml',
    'Every key, its type and its default. This page is made from the schema; `docs/bundles.schema.json` is the same for editors.',
    '## The file',
    table({
      properties: { ...top, defaults: defaults!, images: images!, bundles: bundles! },
      required: schema.required ?? [],
    }),
    '## `images.NAME`',
    table(entryOf(images!)),
    '## `bundles.NAME` and `defaults`',
    table(bundle),
    '## `mounts`',
    'Each is a mapping with a `type`, or a text in short form: `SOURCE:TARGET`, `SOURCE:TARGET:ro`. In the short form a source that begins with `/`, `./` or `../` is a bind mount, a plain name is a volume.',
    ...mounts,
  ])
}

/** Every error code. */
export function errorsPage(): string {
  const source = readFileSync(new URL('../../src/errors.ts', import.meta.url), 'utf8')
  const rows = Object.entries(EXIT_STATUS).map(([code, status]) => {
    const comment = new RegExp(`/\\*\\* ([^\\n]*) \\*/\\n  ${code}:`).exec(source)
    if (comment === null) throw new Error(`errors.ts does not say what ${code} means`)
    return `| \`${code}\` | ${status} | ${comment[1]} |`
  })
  return page([
    '# Errors',
    'Each error has a stable code, shown as `error CODE: message`, and ends the program with a status from sysexits(3) where one fits. This page is made from `src/errors.ts`.',
    ['| code | exit status | meaning |', '|---|---|---|', ...rows].join('\n'),
  ])
}

/** The JSON Schema as a file. */
export function schemaFile(): string {
  return `${JSON.stringify(bundlesJsonSchema(), undefined, 2)}\n`
}

function page(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`
}

function entryOf(record: Schema): Schema {
  return record.additionalProperties as Schema
}

function mountVariants(mounts: Schema): readonly Schema[] {
  const all = (schema: Schema): readonly Schema[] =>
    schema.properties !== undefined
      ? [schema]
      : [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(all)
  return all(mounts.items!)
}

function withoutType({
  type: _,
  ...rest
}: Readonly<Record<string, Schema>>): Readonly<Record<string, Schema>> {
  return rest
}

function table({ properties = {}, required = [] }: Schema): string {
  const rows = Object.entries(properties).map(([key, schema]) => {
    const fallback = required.includes(key)
      ? '**required**'
      : schema.default === undefined
        ? ''
        : code(JSON.stringify(schema.default))
    return `| \`${key}\` | ${typeOf(schema)} | ${fallback} | ${cell(schema.description ?? '')} |`
  })
  return ['| key | type | default | |', '|---|---|---|---|', ...rows].join('\n')
}

function typeOf(schema: Schema): string {
  const variants = schema.anyOf ?? schema.oneOf
  if (variants !== undefined) return [...new Set(variants.map(typeOf))].join(' or ')
  if (schema.const !== undefined) return code(String(schema.const))
  if (schema.enum !== undefined) return schema.enum.map(value => code(String(value))).join(', ')
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`
  if (schema.type === 'object') return 'mapping'
  return schema.type === 'string' ? 'text' : (schema.type ?? 'any')
}

function code(text: string): string {
  return `\`${cell(text)}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
