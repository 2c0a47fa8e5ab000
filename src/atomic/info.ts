/** Reads the `info` file of a deployment, and `defaultValues` of an image: JSON that anybody may have written. */
import * as z from 'zod'
import { CtrbuildError } from '../errors.ts'
import type { AtomicInfo } from './types.ts'

const text = z.string().max(64 * 1024)
/** Python's None is null, and counts as left out. */
const optional = <T extends z.ZodType>(type: T) => type.nullish().transform(value => value ?? undefined)
const value = z.union([text, z.number(), z.boolean()]).transform(String)
const values = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), value)
const path = text.regex(/^\/[^\0]*$/)

const schema = z.object({
  image: text.min(1),
  revision: optional(text),
  created: optional(z.number().min(0).max(1e11)),
  values: optional(values),
  'has-container-service': optional(z.boolean()),
  'installed-files': optional(z.array(path).max(10_000)),
  'rpm-installed': optional(text),
  remote: optional(text),
  runtime: optional(text),
})

/**
 * Reads an `info` file. Members that do not matter are passed over; those that do have their types.
 * @throws CtrbuildError ATOMIC_INVALID
 */
export function parseInfo(content: string): AtomicInfo {
  const info = check(schema, content)
  return {
    image: info.image,
    revision: info.revision,
    created: info.created,
    values: info.values ?? {},
    hasService: info['has-container-service'] ?? true,
    installedFiles: info['installed-files'] ?? [],
    rpm: info['rpm-installed'] || undefined,
    remote: info.remote || undefined,
    runtime: info.runtime || undefined,
  }
}

/**
 * The `defaultValues` of an image's /exports/manifest.json; none where it has none.
 * @throws CtrbuildError ATOMIC_INVALID
 */
export function parseDefaults(content: string): Readonly<Record<string, string>> {
  return check(z.object({ defaultValues: optional(values) }), content).defaultValues ?? {}
}

function check<T extends z.ZodType>(type: T, content: string): z.output<T> {
  const parsed = type.safeParse(parseJson(content))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue!.path.length === 0 ? 'it' : issue!.path.map(String).join('.')
  throw new CtrbuildError('ATOMIC_INVALID', `${where} is not as atomic writes it: ${issue!.message}`)
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch (error) {
    throw new CtrbuildError('ATOMIC_INVALID', 'it is not JSON', { cause: error })
  }
}
