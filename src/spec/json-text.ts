/**
 * JSON that goes into config.json as it is: canonical, and with whole numbers of any size kept exact, since limits
 * of 2^64-1 are usual there and JavaScript's numbers end before.
 */
import { canonicalJson } from '../oci/canonical-json.ts'
import type { Node } from './document.ts'
import type { JsonText } from './settings.ts'

/** What JSON can hold; whole numbers beyond those that are exact are bigints. */
export type Json =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json }

/** An object of JSON. */
export type JsonObject = Readonly<Record<string, Json>>

/** A text that is no JSON, and where it stops being it, as far as that is known. */
export interface JsonFault {
  readonly message: string
}

/** Strings, or numbers, as RFC 8259 writes them. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
/** In front of digits in a string, it makes them a bigint. No string of a text begins like that: it is looked for. */
const MARK = '\ue000ctrbuild:bigint:'

/**
 * Reads a text.
 * @throws SyntaxError where it is no JSON
 */
export function parseJsonText(text: string): Json {
  if (text.includes(MARK)) throw new SyntaxError('it holds a private mark of ctrbuild')
  const marked = text.replace(TOKEN, token => (isLarge(token) ? JSON.stringify(`${MARK}${token}`) : token))
  return JSON.parse(marked, (_, value) =>
    typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
  )
}

/** True for a whole number that JavaScript would round. */
function isLarge(token: string): boolean {
  return /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token))
}

/** True for an object, and for no list. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value without the members that are null, at any depth: Go's programs write those for absent ones. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isJsonObject(value)) return value
  const members = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]))
}

/** A value of bundles.yaml as canonical JSON; `undefined` where JSON cannot hold it, as with `.inf`. */
export function jsonTextOf(node: Node): JsonText | undefined {
  try {
    return canonicalJson(jsonOf(node))
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

function jsonOf(node: Node): Json {
  if (node.kind === 'list') return node.items.map(jsonOf)
  if (node.kind === 'map') {
    // No prototype: "constructor" is a key like any other.
    const object: Record<string, Json> = Object.create(null)
    for (const [key, entry] of node.entries) object[key] = jsonOf(entry.value)
    return object
  }
  return typeof node.value === 'number' && isLarge(node.source) ? BigInt(node.source) : node.value
}
