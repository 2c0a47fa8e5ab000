/** What the lint looks at: a finished config.json and who is to run it, with the questions that many rules ask. */

import type { Path } from '../spec/problem.ts'
import { DEFAULT_RLIMITS } from '../spec/rlimits.ts'
import type { Namespace, Runtime } from '../spec/types.ts'
import { makeRlimits } from './config-process.ts'
import { type Isolation, isMapped } from './isolation.ts'
import { DEVICE_RULES } from './resources.ts'
import { defaultTmp, systemMounts } from './system-mounts.ts'
import type { IdMapping, RuntimeConfig, RuntimeMount, RuntimeRlimit } from './types.ts'

/**
 * What a runtime does with a member of config.json: refuses to start; leaves it out in silence; does something else
 * or less; or does it only where the host has what it takes.
 */
export type Effect = 'refuses' | 'ignores' | 'changes' | 'needs'

/** One thing that one runtime does not do as config.json says. */
export interface Finding {
  readonly effect: Effect
  /** Where in config.json; a mount by its destination. */
  readonly at: Path
  /** Goes on after the runtime's name, such as `ignores it`. */
  readonly claim: string
  readonly hint?: string
}

/** All that one runtime does otherwise. */
export type Lint = (subject: Subject) => readonly Finding[]

/** A configuration under the lint. */
export interface Subject {
  readonly runtime: Runtime
  readonly config: RuntimeConfig
  /** Who runs it: undefined for root. */
  readonly caller: { readonly uid: number; readonly gid: number } | undefined
}

/** True in a user namespace, its own or one that is joined. */
export function hasUsers({ config }: Subject): boolean {
  return config.linux.namespaces.some(({ type }) => type === 'user')
}

/** True where there is a namespace of that kind, and nobody else's. */
export function hasOwn({ config }: Subject, name: Namespace): boolean {
  return config.linux.namespaces.some(({ type, path }) => type === name && path === undefined)
}

/** The mounts that are not as every container has them. */
export function givenMounts({ config, caller }: Subject): readonly RuntimeMount[] {
  const { namespaces, uidMappings, gidMappings } = config.linux
  const isolation: Isolation = {
    namespaces: namespaces.map(({ type }) => type as Namespace),
    paths: Object.fromEntries(
      namespaces.flatMap(({ type, path }) => (path === undefined ? [] : [[type, path]])),
    ),
    hasUsers: namespaces.some(({ type }) => type === 'user'),
    ids: uidMappings && gidMappings && { uids: uidMappings, gids: gidMappings, isSingle: false },
    isRootless: caller !== undefined,
  }
  const usual = new Set([...systemMounts(isolation), defaultTmp()].map(mount => JSON.stringify(mount)))
  return config.mounts.filter(
    ({ destination, type, source, options }) =>
      !usual.has(JSON.stringify({ destination, type, source, options })),
  )
}

/** The limits that are not those of a bundle that names none. */
export function givenRlimits({ config }: Subject): readonly RuntimeRlimit[] {
  const usual = makeRlimits(DEFAULT_RLIMITS)
  return config.process.rlimits.filter(
    limit =>
      !usual.some(
        other => other.type === limit.type && other.soft === limit.soft && other.hard === limit.hard,
      ),
  )
}

/** True where a control group has to limit something. */
export function hasResources({ config }: Subject): boolean {
  const { devices, ...others } = config.linux.resources ?? {}
  return (
    Object.keys(others).length > 0 ||
    (devices !== undefined && JSON.stringify(devices) !== JSON.stringify(DEVICE_RULES))
  )
}

/** True where more is mapped than the caller's own id to 0. */
export function mapsFurtherIds({ config, caller }: Subject): boolean {
  const { uidMappings = [], gidMappings = [] } = config.linux
  const isPlain = (ranges: readonly IdMapping[], self: number) =>
    ranges.length === 0 ||
    (ranges.length === 1 &&
      ranges[0]!.containerID === 0 &&
      ranges[0]!.size === 1 &&
      ranges[0]!.hostID === self)
  return !isPlain(uidMappings, caller?.uid ?? 0) || !isPlain(gidMappings, caller?.gid ?? 0)
}

/** True for an id that does not exist in the container. */
export function isUnmapped(ranges: readonly IdMapping[] | undefined, id: number): boolean {
  return ranges !== undefined && !isMapped(ranges, id)
}

/**
 * Options that a mount has beyond some. Whatever bubblewrap mounts belongs to the process's user, so that is none that
 * would be missed.
 */
export function optionsBeyond(
  { options }: RuntimeMount,
  known: readonly string[],
  { config }: Subject,
): readonly string[] {
  const { uid, gid } = config.process.user
  const owner = [`uid=${uid}`, `gid=${gid}`]
  return options.filter(option => !owner.includes(option) && !known.includes(option.replace(/=.*/s, '=')))
}

/** A place in config.json, for who reads it. */
export function mountAt({ destination }: RuntimeMount): Path {
  return ['mounts', destination]
}
