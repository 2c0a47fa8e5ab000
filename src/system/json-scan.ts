/** Where things stand in a JSON text (RFC 8259): JSON.parse says neither where a mistake is nor where a member stood. */
import type { Entry, Node } from '../spec/document.ts'
import type { Span } from '../spec/position.ts'

/** The text's tree; or the offset from which on it is no JSON. */
export type Scanned =
  | { readonly kind: 'tree'; readonly root: Node }
  | { readonly kind: 'fault'; readonly at: number }

/** Deeper than this nobody nests, and the scan calls itself. */
const MAX_DEPTH = 200

const SPACE = /[ \t\n\r]*/y
const STRING = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

class Fault extends Error {
  readonly at: number

  constructor(at: number) {
    super('no JSON')
    this.at = at
  }
}

/** Reads a text. Of members with one name the last counts, as with JSON.parse. Never throws. */
export function scanJson(text: string): Scanned {
  const scan = scannerOf(text)
  try {
    const root = scan.value(0)
    scan.end()
    return { kind: 'tree', root }
  } catch (error) {
    if (error instanceof Fault) return { kind: 'fault', at: error.at }
    throw error
  }
}

function scannerOf(text: string) {
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    at += found?.length ?? 0
    return found
  }
  const fail = (): never => {
    throw new Fault(at)
  }
  const sees = (character: string): boolean => {
    take(SPACE)
    if (text[at] !== character) return false
    at += 1
    return true
  }
  const need = (character: string): void => {
    if (!sees(character)) fail()
  }
  const string = (): readonly [value: string, span: Span] => {
    take(SPACE)
    const start = at
    const source = take(STRING) ?? fail()
    return [JSON.parse(source), [start, at]]
  }

  function value(depth: number): Node {
    take(SPACE)
    if (depth > MAX_DEPTH) fail()
    const start = at
    if (text[at] === '{') return map(start, depth)
    if (text[at] === '[') return list(start, depth)
    if (text[at] === '"') {
      const [value, span] = string()
      return { kind: 'scalar', value, source: value, span }
    }
    const source = take(SCALAR) || fail()
    return { kind: 'scalar', value: JSON.parse(source), source, span: [start, at] }
  }

  function map(start: number, depth: number): Node {
    const entries = new Map<string, Entry>()
    need('{')
    if (!sees('}')) {
      do {
        const [name, key] = string()
        need(':')
        entries.set(name, { key, value: value(depth + 1) })
      } while (sees(','))
      need('}')
    }
    return { kind: 'map', entries, span: [start, at] }
  }

  function list(start: number, depth: number): Node {
    const items: Node[] = []
    need('[')
    if (!sees(']')) {
      do items.push(value(depth + 1))
      while (sees(','))
      need(']')
    }
    return { kind: 'list', items, span: [start, at] }
  }

  return {
    value,
    end: () => {
      take(SPACE)
      if (at < text.length) fail()
    },
  }
}
