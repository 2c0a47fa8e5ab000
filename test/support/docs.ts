/** Pages of documentation that are made from the code, so that they cannot go stale. */
import { readFileSync } from 'node:fs'
import { EXIT_STATUS } from '../../src/errors.ts'
import { bundlesJsonSchema } from '../../src/spec/schema.ts'
import { DIFFERENCES } from './umoci-differences.ts'

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
  /** Member of config.json. */
  readonly 'x-becomes'?: string
  /** Programs that do all that the key says. */
  readonly 'x-runtimes'?: readonly string[]
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
    '## `limits`',
    table(top.limits!),
    '## `images.NAME`',
    table(entryOf(images!)),
    '## `bundles.NAME` and `defaults`',
    'The last two columns say which member of the runtime specification a key becomes, and which runtimes do all that it says. For each runtime of `runtimes`, `ctrbuild validate`, `plan` and `apply` say what it would refuse, ignore or do otherwise.',
    bundleTable(bundle),
    ...nested(bundle),
    ...ENV_FILE,
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

/** How layers are merged, and where other tools do otherwise. */
export function unionPage(): string {
  const cases = DIFFERENCES.map(({ name, why, layers, ours, umoci }) =>
    [
      `### ${name[0]!.toUpperCase()}${name.slice(1)}`,
      `${why[0]!.toUpperCase()}${why.slice(1)}.`,
      [
        '| layers | ctrbuild | umoci 0.4.7 |',
        '|---|---|---|',
        `| ${layers.map(tree).join('<br>then ')} | ${tree(ours)} | ${tree(umoci)} |`,
      ].join('\n'),
    ].join('\n\n'),
  )
  return page([
    '# The union of layers',
    'Layers are applied lowest first as the OCI image specification says (layer.md), in memory. `checkout: union` merges from the bottom up, `checkout: union-add` from the top down; the tree is the same, which the tests show on random stacks of layers.',
    'What an image says never leads out of its root: a symlink that a lower layer has is followed inside the root, an entry for a directory replaces a symlink, and what cannot be done without guessing is refused.',
    '## Where umoci does otherwise',
    'On random stacks the union equals what `umoci unpack` makes, but for the cases below. Each is a test, which fails when either side changes. `d`, `f` and `l` are directories, files and symlinks, `h` a hard link. This page is made from the tests.',
    ...cases,
  ])
}

function tree(text: string | undefined): string {
  if (text === undefined) return 'refused'
  return text
    .split('\n')
    .map(line => code(line.trim()))
    .join('<br>')
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

/** The table of a bundle's keys, with what they become. */
function bundleTable({ properties = {} }: Schema): string {
  const rows = Object.entries(properties).map(([key, schema]) => {
    const fallback = schema.default === undefined ? '' : code(JSON.stringify(schema.default))
    const { 'x-becomes': becomes = '', 'x-runtimes': runtimes } = schema
    const member = becomes.includes('.') || /^[a-z]+$/i.test(becomes) ? code(becomes) : cell(becomes)
    const who = runtimes === undefined ? '' : runtimes.length === 4 ? 'all' : runtimes.join(', ')
    return `| \`${key}\` | ${typeOf(schema)} | ${fallback} | ${cell(schema.description ?? '')} | ${member} | ${who} |`
  })
  return ['| key | type | default | | in config.json | by |', '|---|---|---|---|---|---|', ...rows].join('\n')
}

/** A table for each key that holds keys itself. */
function nested({ properties = {} }: Schema): readonly string[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const inside = key === 'mounts' ? [] : withoutRepeats(membersOf(schema))
    if (inside.length === 0) return []
    const required = inside.filter(member => member.isRequired).map(member => member.path)
    const members = Object.fromEntries(inside.map(({ path, schema }) => [path, schema]))
    return [`### \`${key}\``, table({ properties: members, required })]
  })
}

interface Member {
  readonly path: string
  readonly schema: Schema
  readonly isRequired: boolean
}

/** The keys inside a value, those of mappings in it as `OUTER.INNER`. */
function membersOf(schema: Schema): readonly Member[] {
  return partsOf(schema).flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).flatMap(([path, value]) => [
      { path, schema: value, isRequired: required.includes(path) },
      ...membersOf(value).map(member => ({ ...member, path: `${path}.${member.path}` })),
    ]),
  )
}

/** What is the same inside several keys is told once, as `*.INNER`. */
function withoutRepeats(members: readonly Member[]): readonly Member[] {
  const keyOf = ({ path, schema }: Member) => `${path.replace(/^[^.]*/, '*')} ${JSON.stringify(schema)}`
  const isShared = (member: Member) =>
    member.path.includes('.') && members.filter(other => keyOf(other) === keyOf(member)).length > 1
  const shared = new Map(members.filter(isShared).map(member => [keyOf(member), member]))
  return [
    ...members.filter(member => !isShared(member)),
    ...[...shared.values()].map(member => ({ ...member, path: member.path.replace(/^[^.]*/, '*') })),
  ]
}

/** The forms that a value can have, and those of the items of a list. */
function partsOf(schema: Schema): readonly Schema[] {
  const variants = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.items ? [schema.items] : [])]
  return [schema, ...variants.flatMap(partsOf)]
}

const ENV_FILE = [
  '### `envFile`',
  'A file is read as data: no shell sees it, and nothing is put in for `$`.',
  [
    '- It is UTF-8 text; lines end with LF or CRLF. Empty lines and lines that begin with `#` say nothing.',
    '- Each other line is `NAME=VALUE`, perhaps with `export` in front. A name has letters, digits, `_`, `.` and `-`, and no digit first. A line without `=` is a mistake: what the host has set is never taken.',
    '- Spaces around the name and the value do not count. An unquoted value ends before a `#` that follows a space.',
    '- In single quotes every character stands for itself. In double quotes `\\n`, `\\r`, `\\t`, `\\"`, `\\$` and `\\\\` stand for a line break, a return, a tab, `"`, `$` and `\\`. Quotes close on the same line.',
    '- Of two lines with one name the later counts; of two files, the later file; `env` counts over both.',
  ].join('\n'),
  'What the files say becomes part of the bundle, of its stamp and of saved plans: whoever may read those may read it.',
]

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
