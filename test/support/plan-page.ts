/** The page of a plan's JSON, made from its schema. */
import { planJsonSchema } from '../../src/plan/schema.ts'

/** As much of JSON Schema as the schema of a plan has. */
interface Schema {
  readonly description?: string
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
}

/** Every member of a plan that programs read. */
export function planPage(): string {
  const { changes, steps, summary, blockers, images, ...top } = (planJsonSchema() as Schema).properties!
  const all = { ...top, blockers, changes, steps, summary, images } as Readonly<Record<string, Schema>>
  const change = changes!.items!.properties!
  return `${[
    '# The plan as JSON',
    '`ctrbuild plan --json` prints it, `ctrbuild plan --out FILE` saves it, `ctrbuild apply FILE` does what it says or nothing, `ctrbuild show FILE` shows it again: as text, as JSON (`--json`), or as a comment for a pull request (`--markdown`).',
    'The same plan is the same bytes: members are sorted, and nothing in it tells of time or machine but what was found there. `docs/plan.schema.json` is its JSON Schema. This page is made from it.',
    '## Versions',
    '`formatVersion` is a whole number. It is raised when a member goes, or comes to mean something else; programs refuse a number that they do not know. Members may be added without that: programs ignore those that they do not know. `ctrbuild apply` itself is stricter, and refuses a plan with members that it does not know, since it could not say what it leaves out.',
    '## Questions to a plan',
    [
      '```sh',
      "jq '.steps == []' plan.json                      # does applying it change nothing?",
      "jq '.applyable and .complete' plan.json          # can it be applied, and is it about everything?",
      'jq -r \'.changes[] | select(.action != "none") | .name\' plan.json',
      "jq '.summary.downloadBytes' plan.json",
      '```',
    ].join('\n'),
    '## Secrets',
    'A plan holds all of each bundle, the values of its variables among it, also those from an `envFile`: it is written for its owner alone (mode 0600). What `plan`, `show`, `--markdown`, `--summary` and progress print names variables and never their values; arguments of a command are not printed either. `ctrbuild diff`, and `plan --details` on a terminal and as JSON, do show values, since that is what they were asked for; the Markdown of such a plan leaves those of variables and arguments out.',
    '## Members',
    table(all),
    '## `changes`',
    table(change),
    ...(['before', 'after'] as const).flatMap(side => [
      `### \`changes[].${side}\``,
      table(change[side]!.properties!),
    ]),
    '## `steps`',
    'All have `id`, `needs`, `reason` and a `kind`:',
    [
      '| kind | |',
      '|---|---|',
      ...variants(steps!).map(step => `| \`${step.properties!.kind!.const}\` | ${step.description} |`),
    ].join('\n'),
    '## `summary`',
    table(summary!.properties!),
    '## `blockers`',
    table(blockers!.items!.properties!),
    '## `images`',
    table(images!.items!.properties!),
  ].join('\n\n')}\n`
}

function variants({ items }: Schema): readonly Schema[] {
  return items!.oneOf ?? items!.anyOf ?? []
}

function table(properties: Readonly<Record<string, Schema>>): string {
  const rows = Object.entries(properties).map(
    ([name, schema]) =>
      `| \`${name}\` | ${typeOf(schema)} | ${(schema.description ?? '').replaceAll('|', '\\|')} |`,
  )
  return ['| member | type | |', '|---|---|---|', ...rows].join('\n')
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum !== undefined) return schema.enum.map(value => `\`${value}\``).join(', ')
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`
  return schema.type === 'string' ? 'text' : (schema.type ?? 'one of the below')
}

/** The JSON Schema as a file. */
export function planSchemaFile(): string {
  return `${JSON.stringify(planJsonSchema(), undefined, 2)}\n`
}
