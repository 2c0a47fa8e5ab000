/**
 * What is different between two config.json: member by member. Lists whose entries have a name of their own, such as
 * mounts, are compared by it, so that an entry more is one change and not as many as there are behind it.
 */

/** One value that is not the same in both. */
export interface ValueChange {
  /** As in `process.env[TZ]` or `mounts[/data].options[ro]`. */
  readonly path: string
  /** Absent where there was nothing. */
  readonly before?: unknown
  /** Absent where there is nothing now. */
  readonly after?: unknown
}

/** What entries of some lists are named by; the list's own name is that of its member. */
const KEYS: Readonly<Record<string, string>> = {
  mounts: 'destination',
  namespaces: 'type',
  rlimits: 'type',
  devices: 'path',
}
/** Lists of texts whose order is the point. */
const ORDERED: ReadonlySet<string> = new Set(['args'])

/** Every difference of two JSON values, members in the order of their names. */
export function diffConfig(before: unknown, after: unknown): ValueChange[] {
  return differences('', '', before, after)
}

function differences(path: string, member: string, before: unknown, after: unknown): ValueChange[] {
  if (isList(before) && isList(after)) return listDifferences(path, member, before, after)
  if (isRecord(before) && isRecord(after)) return recordDifferences(path, before, after)
  return same(before, after) ? [] : [changeOf(path, before, after)]
}

function changeOf(path: string, before: unknown, after: unknown): ValueChange {
  return { path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
}

function recordDifferences(
  path: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): ValueChange[] {
  return unionOf(Object.keys(before), Object.keys(after))
    .sort()
    .flatMap(name => differences(joined(path, name), name, own(before, name), own(after, name)))
}

function own(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function joined(path: string, name: string): string {
  if (!/^[\w-]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`
  return path === '' ? name : `${path}.${name}`
}

function listDifferences(
  path: string,
  member: string,
  before: readonly unknown[],
  after: readonly unknown[],
): ValueChange[] {
  if (same(before, after)) return []
  const [old, now] = [named(member, before), named(member, after)]
  if (old === undefined || now === undefined) return [changeOf(path, before, after)]
  const changes = unionOf([...old.keys()], [...now.keys()]).flatMap(key =>
    differences(`${path}[${key}]`, '', old.get(key), now.get(key)),
  )
  // The same entries in another order.
  return changes.length > 0 ? changes : [changeOf(path, before, after)]
}

/** A list's entries by name; undefined where they have none, or two have the same. */
function named(member: string, list: readonly unknown[]): ReadonlyMap<string, unknown> | undefined {
  const entries = list.map(entry => nameOf(member, entry))
  const known = entries.filter(entry => entry !== undefined)
  const byName = new Map(known)
  return byName.size === list.length ? byName : undefined
}

function nameOf(member: string, entry: unknown): readonly [string, unknown] | undefined {
  if (typeof entry === 'string') {
    if (ORDERED.has(member)) return undefined
    const equals = member === 'env' ? entry.indexOf('=') : -1
    return equals < 0 ? [entry, entry] : [entry.slice(0, equals), entry.slice(equals + 1)]
  }
  const key = KEYS[member]
  const name = key !== undefined && isRecord(entry) ? own(entry, key) : undefined
  return typeof name === 'string' ? [name, entry] : undefined
}

function unionOf(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])]
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !isList(value)
}

function same(a: unknown, b: unknown): boolean {
  if (isList(a) && isList(b)) return a.length === b.length && a.every((entry, i) => same(entry, b[i]))
  if (!isRecord(a) || !isRecord(b)) return a === b
  return unionOf(Object.keys(a), Object.keys(b)).every(name => same(own(a, name), own(b, name)))
}
