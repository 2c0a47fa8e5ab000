/** From the yaml package's tree to ours, refusing what YAML allows and bundles.yaml does not. */
import { isMap, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml'
import type { Entry, Node } from './document.ts'
import type { Fault } from './fault.ts'
import type { Span } from './position.ts'
import { quote } from './problem.ts'

/** Converts a node that was parsed without errors. Of duplicate keys the first counts. Never throws. */
export function composeNode(raw: unknown, faults: Fault[]): Node {
  if (isMap(raw)) return composeMap(raw, faults)
  if (isSeq(raw)) {
    return { kind: 'list', items: raw.items.map(item => composeNode(item, faults)), span: spanOf(raw) }
  }
  return composeScalar(raw, faults)
}

function composeMap(map: YAMLMap, faults: Fault[]): Node {
  const entries = new Map<string, Entry>()
  for (const pair of map.items) {
    const key = composeScalar(pair.key, faults)
    const name = String(key.value)
    const value = composeNode(pair.value, faults)
    const fault = keyFault(name, key.span, pair, entries)
    if (fault === undefined) entries.set(name, { key: key.span, value })
    else faults.push(fault)
  }
  return { kind: 'map', entries, span: spanOf(map) }
}

function keyFault(
  name: string,
  span: Span,
  pair: Pair,
  entries: ReadonlyMap<string, Entry>,
): Fault | undefined {
  if (name === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') {
    const hint = 'Write the keys out, or use "defaults" for what bundles have in common'
    return { span, message: 'the merge key "<<" is not used here', hint }
  }
  if (name === '__proto__') return { span, message: 'the key "__proto__" is not allowed' }
  if (entries.has(name)) {
    return { span, message: `the key ${quote(name)} is there twice`, hint: 'Keep one of them' }
  }
  return undefined
}

function composeScalar(raw: unknown, faults: Fault[]): Extract<Node, { kind: 'scalar' }> {
  if (!isScalar(raw)) return { kind: 'scalar', value: null, source: '', span: spanOf(raw) }
  const span = spanOf(raw)
  const { value } = raw
  if (typeof value === 'string') {
    const fault = textFault(value, span)
    if (fault !== undefined) faults.push(fault)
    return { kind: 'scalar', value, source: value, span }
  }
  const isPlain = typeof value === 'number' || typeof value === 'boolean'
  return { kind: 'scalar', value: isPlain ? value : null, source: raw.source ?? '', span }
}

/** No text of ours may hold these: execve(2) and paths end at NUL, and UTF-8 has no way to write half a pair. */
function textFault(text: string, span: Span): Fault | undefined {
  if (text.includes('\0'))
    return { span, message: 'a text holds the character NUL, which no program can be given' }
  if (/\p{Surrogate}/u.test(text)) return { span, message: 'a text holds half of a surrogate pair' }
  return undefined
}

function spanOf(raw: unknown): Span {
  const range = (raw as { range?: readonly number[] | null } | null)?.range
  return range === undefined || range === null ? [0, 0] : [range[0]!, range[1]!]
}
