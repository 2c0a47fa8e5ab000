/**
 * Rules about values of a config.json, put together from small ones. Each names the section of the OCI runtime
 * specification that it is taken from, so that whoever breaks it can read why.
 */
import { isJsonObject, type Json } from '../spec/json-text.ts'
import type { Path } from '../spec/problem.ts'

/** A value that breaks a rule. */
export interface ConfigFault {
  readonly at: Path
  /** Goes on after the path, such as `must be an absolute path`. */
  readonly claim: string
  /** Document and section, such as `config.md, Mounts`. */
  readonly section: string
}

/** A value on its way through the rules. */
export interface Spot {
  readonly value: Json
  readonly at: Path
  readonly section: string
  readonly faults: ConfigFault[]
  /** True for a template, in which nothing has to be there. */
  readonly isPartial: boolean
}

export type Rule = (spot: Spot) => void

/** Says what the value must do. */
export function refuse({ at, section, faults }: Spot, claim: string): void {
  faults.push({ at, claim, section })
}

/** The same rule, taken from another section. */
export function section(name: string, rule: Rule): Rule {
  return spot => rule({ ...spot, section: name })
}

/** All of the rules, as long as none is broken. */
export function all(...rules: readonly Rule[]): Rule {
  return spot => {
    const before = spot.faults.length
    for (const rule of rules) if (spot.faults.length === before) rule(spot)
  }
}

/** A rule about a value of any kind. */
export function must(claim: string, holds: (value: Json) => boolean): Rule {
  return spot => {
    if (!holds(spot.value)) refuse(spot, `must ${claim}`)
  }
}

export const bool = must('be true or false', value => typeof value === 'boolean')

/** A text that every program and path can hold. */
export const text = must('be a text without NUL', value => typeof value === 'string' && !value.includes('\0'))

/** A text that is more than that. */
export function textLike(claim: string, pattern: RegExp): Rule {
  return all(
    text,
    must(claim, value => pattern.test(value as string)),
  )
}

export const absolutePath = textLike('be an absolute path', /^\//)

export function oneOf(...words: readonly string[]): Rule {
  const claim =
    words.length > 12 ? 'be one of those that the specification names' : `be one of ${words.join(', ')}`
  return must(claim, value => typeof value === 'string' && words.includes(value))
}

/** A whole number; both ends belong to it. */
export function int(low: number | bigint, high: number | bigint): Rule {
  return must(`be a whole number from ${low} to ${high}`, value => {
    const isWhole = typeof value === 'bigint' || Number.isSafeInteger(value)
    return isWhole && (value as number) >= low && (value as number) <= high
  })
}

export const uint16 = int(0, 2 ** 16 - 1)
export const uint32 = int(0, 2 ** 32 - 1)
export const uint64 = int(0, 2n ** 64n - 1n)
export const int64 = int(-(2n ** 63n), 2n ** 63n - 1n)

/** A list whose items all follow one rule. */
export function list(item: Rule): Rule {
  return spot => {
    if (!Array.isArray(spot.value)) refuse(spot, 'must be a list')
    else for (const [i, value] of spot.value.entries()) item({ ...spot, value, at: [...spot.at, i] })
  }
}

/** A mapping from any names to values that follow one rule. */
export function mapOf(value: Rule): Rule {
  return spot => {
    if (!isJsonObject(spot.value)) return refuse(spot, 'must be an object')
    for (const [name, member] of Object.entries(spot.value)) {
      const place = { ...spot, value: member, at: [...spot.at, name] }
      if (name === '') refuse(place, 'must not have an empty name')
      else value(place)
    }
  }
}

/** An object with the given members; names that end with "!" have to be there. Others are a runtime's own business. */
export function object(members: Readonly<Record<string, Rule>>): Rule {
  return spot => {
    const { value } = spot
    if (!isJsonObject(value)) return refuse(spot, 'must be an object')
    for (const [marked, rule] of Object.entries(members)) {
      const name = marked.replace(/!$/, '')
      const place = { ...spot, at: [...spot.at, name] }
      const member = Object.hasOwn(value, name) ? value[name]! : undefined
      if (member !== undefined) rule({ ...place, value: member })
      else if (name !== marked && !spot.isPartial) refuse(place, 'is missing')
    }
  }
}

/** No two items of a list have the same. */
export function distinct(what: string, keyOf: (item: Json) => unknown): Rule {
  return spot => {
    const keys = (spot.value as readonly Json[]).map(keyOf)
    keys.forEach((key, i) => {
      const first = keys.indexOf(key)
      if (first < i) refuse({ ...spot, at: [...spot.at, i] }, `must not repeat the ${what} of entry ${first}`)
    })
  }
}

/** A member of what should be an object. */
export function member(value: Json, name: string): Json | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}
