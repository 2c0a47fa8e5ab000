/** Reads a mapping key by key, so that a mistake in one value does not hide those in others. */
import type * as z from 'zod'
import type { Node } from './document.ts'
import type { Findings } from './findings.ts'
import { addUnknownKey, describe, readValue } from './issues.ts'
import { NAME, NAME_HINT } from './names.ts'
import type { Path } from './problem.ts'

type Map = Extract<Node, { kind: 'map' }>

/** One entry of a mapping whose keys are chosen by the user. */
export interface NamedEntry {
  readonly name: string
  readonly node: Node
  readonly path: Path
}

/** The node as a mapping, or `undefined` after saying that it is none. */
export function asMap(node: Node, path: Path, findings: Findings): Map | undefined {
  if (node.kind === 'map') return node
  findings.error(path, `must be a mapping, found ${describe(node)}`)
  return undefined
}

/** Reads the given keys. Keys with a mistake are left out of the result; other keys are not looked at. */
export function readFields<Shape extends Readonly<Record<string, z.ZodType>>>(
  shape: Shape,
  map: Map,
  path: Path,
  findings: Findings,
): { [Key in keyof Shape]?: z.output<Shape[Key]> } {
  const fields: Record<string, unknown> = {}
  for (const [key, schema] of Object.entries(shape)) {
    const entry = map.entries.get(key)
    const value = entry === undefined ? undefined : readValue(schema, entry.value, [...path, key], findings)
    if (value !== undefined) fields[key] = value
  }
  return fields as { [Key in keyof Shape]?: z.output<Shape[Key]> }
}

/** Says which keys of a mapping are not among the known ones. */
export function refuseUnknownKeys(map: Map, known: readonly string[], path: Path, findings: Findings): void {
  for (const key of map.entries.keys()) {
    if (!known.includes(key)) addUnknownKey([...path, key], known, findings)
  }
}

/** Says which keys of a mapping are not there though they have to be. */
export function requireKeys(
  map: Map,
  keys: readonly string[],
  path: Path,
  findings: Findings,
  hint?: string,
): void {
  for (const key of keys) {
    if (!map.entries.has(key)) findings.error([...path, key], 'is missing', { hint })
  }
}

/** The entries of a mapping whose keys are names. Those that are not are left out, and said so. */
export function namedEntries(map: Map, path: Path, findings: Findings): readonly NamedEntry[] {
  return [...map.entries].flatMap(([name, { value }]) => {
    if (NAME.test(name)) return [{ name, node: value, path: [...path, name] }]
    findings.error([...path, name], 'has a name that cannot be used', { hint: NAME_HINT, isAboutKey: true })
    return []
  })
}
