/**
 * A finished config.json against the OCI runtime specification, rule by rule: what a runtime would find at the start,
 * or not find and do wrong, is found when it is made.
 */
import { isJsonObject, type Json, type JsonObject } from '../spec/json-text.ts'
import { formatPath } from '../spec/problem.ts'
import { linuxRule } from './check-linux.ts'
import { annotationsRule, hooksRule, mountsRule, processRule } from './check-process.ts'
import { isMapped } from './isolation.ts'
import {
  all,
  bool,
  type ConfigFault,
  member,
  object,
  type Rule,
  refuse,
  section,
  text,
  textLike,
} from './rule.ts'
import type { IdMapping } from './types.ts'

/** Folder of a bundle's root file system. */
export const BUNDLE_ROOT = 'rootfs'

const SEMVER = /^1\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/

const members: Readonly<Record<string, Rule>> = {
  'ociVersion!': section(
    'config.md, Specification version',
    textLike('be a version of the form 1.Y.Z', SEMVER),
  ),
  'root!': section(
    'config.md, Root',
    object({
      'path!': textLike(`be "${BUNDLE_ROOT}", which is what the bundle has`, /^rootfs$/),
      readonly: bool,
    }),
  ),
  mounts: mountsRule,
  'process!': processRule,
  hostname: section('config.md, Hostname', text),
  domainname: section('config.md, Domainname', text),
  hooks: hooksRule,
  annotations: annotationsRule,
  'linux!': linuxRule,
}

/** What members mean together. */
const together: Rule = spot => {
  const names = namespacesOf(spot.value)
  const refuseAt = (at: readonly string[], claim: string, section: string) =>
    refuse({ ...spot, at: [...spot.at, ...at], section }, claim)
  if (!names.has('mount')) {
    const claim = "must hold mount: mounts would be the host's own"
    refuseAt(['linux', 'namespaces'], claim, 'config-linux.md, Namespaces')
  }
  if (member(spot.value, 'hostname') !== undefined && names.get('uts') !== 'own') {
    refuseAt(['hostname'], 'needs a uts namespace of its own', 'config.md, Hostname')
  }
  for (const [name, id] of [
    ['uidMappings', 'uid'],
    ['gidMappings', 'gid'],
  ] as const) {
    const ranges = member(member(spot.value, 'linux')!, name) as readonly IdMapping[] | undefined
    if (ranges === undefined) continue
    const section = 'config-linux.md, User namespace mappings'
    if (names.get('user') !== 'own') refuseAt(['linux', name], 'needs a user namespace of its own', section)
    const user = member(member(spot.value, 'process')!, 'user') ?? {}
    const number = member(user, id)
    if (typeof number !== 'number' || isMapped(ranges, number)) continue
    refuseAt(['process', 'user', id], `must be mapped by linux.${name}`, section)
  }
}

function namespacesOf(config: Json): ReadonlyMap<string, 'own' | 'joined'> {
  const list = member(member(config, 'linux') ?? null, 'namespaces')
  const entries = (Array.isArray(list) ? list : []) as readonly { type: string; path?: string }[]
  return new Map(entries.map(({ type, path }) => [type, path === undefined ? 'own' : 'joined']))
}

/** Everything that is wrong with a config.json. */
export function configFaults(config: Json): readonly ConfigFault[] {
  return faultsBy(all(object(members), together), config, false)
}

/** Everything that is wrong with a part of one: what is missing is not looked for. */
export function templateFaults(template: JsonObject): readonly ConfigFault[] {
  return faultsBy(object(members), template, true)
}

/** `linux.rlimits[0].type must be …, see config.md, Process`. */
export function faultText({ at, claim, section }: ConfigFault): string {
  return `${at.length === 0 ? 'it' : formatPath(at)} ${claim} (${section})`
}

function faultsBy(rule: Rule, value: Json, isPartial: boolean): readonly ConfigFault[] {
  const faults: ConfigFault[] = []
  rule({ value, at: [], section: 'config.md', faults, isPartial })
  return faults
}

/** Whether there is anything at a path. */
export function hasPath(value: Json, path: readonly (string | number)[]): boolean {
  const [first, ...rest] = path
  if (first === undefined) return true
  const inside = Array.isArray(value)
    ? value[first as number]
    : isJsonObject(value)
      ? value[first]
      : undefined
  return inside !== undefined && hasPath(inside, rest)
}
