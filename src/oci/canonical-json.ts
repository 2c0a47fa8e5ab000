/** The one way JSON is written: equal values give equal bytes. */

/** Anything JSON can hold. A member that is `undefined` counts as absent. */
type Json = Scalar | undefined | readonly Json[] | { readonly [key: string]: Json }
type Scalar = string | number | bigint | boolean | null

/**
 * A value as JSON text: members sorted by name (by UTF-16 code units, as in RFC 8785), two spaces of indentation,
 * a newline at the end. Members that are `undefined` are left out.
 * @throws TypeError for what JSON cannot hold, such as functions, NaN or a list with holes.
 */
export function canonicalJson(value: unknown): string {
  return `${print(value as Json, '')}\n`
}

function print(value: Json, indent: string): string {
  if (Array.isArray(value)) return printBlock('[', ']', indent, printItems(value, `${indent}  `))
  if (isPlainObject(value)) return printBlock('{', '}', indent, printMembers(value, `${indent}  `))
  if (!isScalar(value)) throw new TypeError(`JSON cannot hold ${typeof value} ${String(value)}`)
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value)
}

function printItems(items: readonly Json[], indent: string): string[] {
  return Array.from(items, item => `${indent}${print(item, indent)}`)
}

function printMembers(value: Readonly<Record<string, Json>>, indent: string): string[] {
  const names = Object.keys(value).sort()
  const present = names.filter(name => value[name] !== undefined)
  return present.map(name => `${indent}${JSON.stringify(name)}: ${print(value[name], indent)}`)
}

function printBlock(open: string, close: string, indent: string, lines: readonly string[]): string {
  return lines.length === 0 ? `${open}${close}` : `${open}\n${lines.join(',\n')}\n${indent}${close}`
}

function isPlainObject(value: unknown): value is Readonly<Record<string, Json>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'boolean', 'bigint'].includes(typeof value) || Number.isFinite(value)
}
