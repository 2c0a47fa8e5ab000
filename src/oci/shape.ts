/** Reading JSON of unknown origin: a value together with the place where it stands, narrowed step by step. */
import type { CtrbuildError } from '../errors.ts'

/** A value that is not trusted yet. */
export interface Spot {
  readonly value: unknown
  /** Where it stands in the document, such as `layers[2].digest`; empty for the whole document. */
  readonly path: string
  /** Makes the error for a value that cannot be used. */
  readonly refuse: (spot: Spot, problem: string) => CtrbuildError
}

/** A member of an object. An absent member has the value undefined. */
export function member(spot: Spot, key: string): Spot {
  const record = asRecord(spot)
  return {
    value: Object.hasOwn(record, key) ? record[key] : undefined,
    path: spot.path === '' ? key : `${spot.path}.${key}`,
    refuse: spot.refuse,
  }
}

/** True where nothing stands: Go's encoders write null for empty lists and maps. */
export function isAbsent(spot: Spot): boolean {
  return spot.value === undefined || spot.value === null
}

/** Reads what may be absent. */
export function optional<T>(spot: Spot, read: (spot: Spot) => T): T | undefined {
  return isAbsent(spot) ? undefined : read(spot)
}

/** The value as an object. */
export function asRecord(spot: Spot): Readonly<Record<string, unknown>> {
  const { value } = spot
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(spot, 'an object')
  return value as Record<string, unknown>
}

/** The members of a list. */
export function asList(spot: Spot): readonly Spot[] {
  const { value, path, refuse } = spot
  if (!Array.isArray(value)) throw wrong(spot, 'a list')
  return value.map((item, i) => ({ value: item, path: `${path}[${i}]`, refuse }))
}

/** The value as text. */
export function asText(spot: Spot): string {
  if (typeof spot.value !== 'string') throw wrong(spot, 'a text')
  return spot.value
}

/** The value as a whole number that is not negative and that a double holds exactly. */
export function asCount(spot: Spot): number {
  if (!Number.isSafeInteger(spot.value) || (spot.value as number) < 0) {
    throw wrong(spot, 'a whole number from 0 to 2^53-1')
  }
  return spot.value as number
}

function wrong(spot: Spot, expected: string): CtrbuildError {
  if (isAbsent(spot)) return spot.refuse(spot, `is missing, ${expected} is due`)
  return spot.refuse(spot, `must be ${expected}, not ${JSON.stringify(spot.value).slice(0, 80)}`)
}
