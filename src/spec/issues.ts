/** Turns what zod says about a value into sentences for people, with the place where the value stands. */
import type * as z from 'zod'
import { type Node, nodeAt, plainOf } from './document.ts'
import type { Findings } from './findings.ts'
import { type Path, quote } from './problem.ts'
import { readRule, ruleText } from './rule.ts'
import { suggestion } from './suggest.ts'

type Issue = z.core.$ZodIssue
type RawIssue = z.core.$ZodRawIssue

/**
 * Reads a value by a schema.
 * @returns the schema's output, or `undefined` after every mistake has been added to the findings.
 */
export function readValue<S extends z.ZodType>(
  schema: S,
  node: Node,
  path: Path,
  findings: Findings,
): z.output<S> | undefined {
  const result = schema.safeParse(plainOf(node), { error: sentenceOf })
  if (result.success) return result.data
  for (const issue of result.error.issues) addIssue(issue, [], { node, path, findings })
  return undefined
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a whole number',
}

/** What zod is told to say where the schema has no words of its own. Unknown keys say which ones are known. */
function sentenceOf(issue: RawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${wordOf(issue.expected)}`
    case 'invalid_value':
      return `must be ${listOf(texts(issue.values))}`
    case 'invalid_union':
      return issue.discriminator === undefined
        ? `must be ${unionOf(issue.errors)}`
        : `must be ${listOf(texts(issue.options))}`
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `must be at least ${issue.minimum}`
        : 'must not be empty'
    case 'too_big':
      return `must be at most ${issue.maximum}`
    case 'unrecognized_keys':
      return ruleText('is not a known key', Object.keys(shapeOf(issue.inst)).join(' '))
    default:
      return 'is not valid'
  }
}

function wordOf(expected: string): string {
  return WORDS[expected] ?? expected
}

function listOf(values: readonly string[]): string {
  return values.length === 1 ? quote(values[0]!) : `one of ${values.join(', ')}`
}

function unionOf(errors: readonly (readonly Issue[])[] = []): string {
  const words = errors.flatMap(([first]) => (first?.code === 'invalid_type' ? [wordOf(first.expected)] : []))
  return [...new Set(words)].join(' or ')
}

function texts(values: unknown): readonly string[] {
  return Array.isArray(values) ? values.map(String) : []
}

function shapeOf(schema: unknown): object {
  return (schema as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def?.shape ?? {}
}

interface Place {
  readonly node: Node
  readonly path: Path
  readonly findings: Findings
}

function addIssue(issue: Issue, prefix: Path, place: Place): void {
  const inside = [...prefix, ...(issue.path as Path)]
  const branch = issue.code === 'invalid_union' ? closestBranch(issue.errors) : undefined
  if (branch !== undefined) for (const nested of branch) addIssue(nested, inside, place)
  else if (issue.code === 'unrecognized_keys') addUnknownKeys(issue, inside, place)
  else if (issue.code === 'invalid_key') addKeyIssue(issue, inside, place)
  else addSentence(issue, inside, place)
}

/** The alternative of a union that the value was meant as: the one that does not object to its type. */
function closestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return branches.find(
    issues =>
      !issues.some(issue => issue.path.length === 0 && (issue.code === 'invalid_type' || isVague(issue))),
  )
}

function isVague(issue: Issue): boolean {
  return (
    issue.code === 'invalid_union' && issue.errors.length > 0 && closestBranch(issue.errors) === undefined
  )
}

function addUnknownKeys(issue: Issue & { code: 'unrecognized_keys' }, inside: Path, place: Place): void {
  const known = (readRule(issue.message).hint ?? '').split(' ')
  for (const key of issue.keys) addUnknownKey([...place.path, ...inside, key], known, place.findings)
}

/** Says that a key is not known, and what it may have been meant as. */
export function addUnknownKey(path: Path, known: readonly string[], findings: Findings): void {
  const hint = suggestion(String(path.at(-1)), known) ?? `Known keys: ${known.join(', ')}`
  findings.error(path, 'is not a known key', { hint, isAboutKey: true })
}

function addKeyIssue(issue: Issue & { code: 'invalid_key' }, inside: Path, place: Place): void {
  for (const nested of issue.issues) {
    const { claim, hint } = readRule(nested.message)
    place.findings.error([...place.path, ...inside], `has a name that ${claim}`, { hint, isAboutKey: true })
  }
}

function addSentence(issue: Issue, inside: Path, { node, path, findings }: Place): void {
  const found = nodeAt(node, inside)
  const whole = [...path, ...inside]
  const { claim, hint } = readRule(issue.message)
  if (found === undefined) {
    findings.error(whole, 'is missing', { hint: hint ?? claim.replace(/^must be/, 'It must be') })
  } else {
    const sentence = claim.startsWith('must be ') ? `${claim}, found ${describe(found)}` : claim
    findings.error(whole, sentence, { hint: hint ?? hintFor(issue, found) })
  }
}

/** A value in a few words: `"text"`, `the number 0777`, `a list`. */
export function describe(node: Node): string {
  if (node.kind === 'map') return 'a mapping'
  if (node.kind === 'list') return 'a list'
  if (node.value === null) return 'nothing'
  if (typeof node.value === 'string') return quote(node.value)
  return typeof node.value === 'number' ? `the number ${node.source}` : node.source
}

function hintFor(issue: Issue, node: Node): string | undefined {
  if (node.kind !== 'scalar') return undefined
  if (issue.code === 'invalid_type' && issue.expected === 'string') {
    return node.source === '' ? 'Write "" for an empty text' : `Put it in quotes: ${quote(node.source)}`
  }
  const { values, options } = issue as { values?: unknown; options?: unknown }
  return typeof node.value === 'string' ? suggestion(node.value, texts(values ?? options)) : undefined
}
