/** What a container has to itself: its namespaces, and the ids that exist in it (runtime specification, config-linux.md). */
import { CtrbuildError } from '../errors.ts'
import type { IdRange } from '../spec/settings.ts'
import type { BundleSpec, Namespace } from '../spec/types.ts'
import { MAX_ID } from '../spec/user.ts'
import type { IdMapping, IdStretch, Privilege } from './types.ts'

/** The namespaces of a container, worked out once for all that depends on them. */
export interface Isolation {
  /** Sorted; of its own or joined. */
  readonly namespaces: readonly Namespace[]
  /** Files that stand for those that are joined. */
  readonly paths: Readonly<Record<string, string>>
  /** True in a user namespace, where root inside is not root outside. */
  readonly hasUsers: boolean
  /** Which ids there are in a user namespace of its own; undefined outside of one, and in one that is joined. */
  readonly ids: IdMaps | undefined
  readonly isRootless: boolean
}

export interface IdMaps {
  readonly uids: readonly IdMapping[]
  readonly gids: readonly IdMapping[]
  /** True where nobody asked for more: the only id is 0, and every user becomes that. */
  readonly isSingle: boolean
}

type Wishes = Pick<
  BundleSpec,
  'namespaces' | 'namespacePaths' | 'uidMappings' | 'gidMappings' | 'portable' | 'name'
>

/**
 * The isolation of a bundle. A mount namespace is always there, since mounts are; a user namespace is what a plain
 * user needs to have any of the others. Root who asks for one stays root in it, but of nothing else.
 * @throws CtrbuildError BUNDLE_INVALID where `auto` finds no ids to map
 */
export function isolationOf(spec: Wishes, privilege: Privilege): Isolation {
  const { namespaces, namespacePaths = {}, uidMappings, portable = false } = spec
  const isRootless = privilege.kind === 'rootless'
  const needsUsers = isRootless || portable || uidMappings !== undefined
  const all = new Set<Namespace>([...namespaces, 'mount', ...(needsUsers ? (['user'] as const) : [])])
  const hasUsers = all.has('user')
  const isJoined = Object.hasOwn(namespacePaths, 'user')
  return {
    namespaces: [...all].sort(),
    paths: namespacePaths,
    hasUsers,
    ids: hasUsers && !isJoined ? idMapsOf(spec, privilege) : undefined,
    isRootless,
  }
}

/** True where the namespace is there and nobody else's. */
export function hasOwn({ namespaces, paths }: Isolation, name: Namespace): boolean {
  return namespaces.includes(name) && !Object.hasOwn(paths, name)
}

/** The `uidMappings` and `gidMappings` of a user namespace (config-linux.md, "User namespace mappings"). */
export function idMappings({ ids }: Isolation): { uidMappings?: IdMapping[]; gidMappings?: IdMapping[] } {
  return ids === undefined ? {} : { uidMappings: [...ids.uids], gidMappings: [...ids.gids] }
}

/** True where an id exists inside. */
export function isMapped(ranges: readonly IdMapping[], id: number): boolean {
  return ranges.some(({ containerID, size }) => id >= containerID && id - containerID < size)
}

function idMapsOf({ uidMappings, gidMappings, name }: Wishes, privilege: Privilege): IdMaps {
  const self = privilege.kind === 'rootless' ? privilege : { uid: 0, gid: 0 }
  if (uidMappings === undefined || gidMappings === undefined) {
    return { uids: [mapRootTo(self.uid)], gids: [mapRootTo(self.gid)], isSingle: true }
  }
  const subids = privilege.kind === 'rootless' ? (privilege.subids ?? { uids: [], gids: [] }) : undefined
  return {
    uids: rangesOf(uidMappings, self.uid, subids?.uids, { name, file: '/etc/subuid' }),
    gids: rangesOf(gidMappings, self.gid, subids?.gids, { name, file: '/etc/subgid' }),
    isSingle: false,
  }
}

/** With `auto`, root keeps every id, and a plain user is root inside, with the ids that the system gave them from 1 on. */
function rangesOf(
  wish: 'auto' | readonly IdRange[],
  self: number,
  stretches: readonly IdStretch[] | undefined,
  { name, file }: { readonly name: string; readonly file: string },
): readonly IdMapping[] {
  if (wish !== 'auto') return wish.toSorted((a, b) => a.containerID - b.containerID)
  if (stretches === undefined) return [{ containerID: 0, hostID: 0, size: MAX_ID + 1 }]
  if (stretches.length === 0) {
    throw new CtrbuildError(
      'BUNDLE_INVALID',
      `bundle ${name} maps ids with auto, and ${file} gives you none`,
      {
        hint: `Ask root for "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 YOU", or leave the mappings out`,
      },
    )
  }
  let next = 1
  const further = stretches.map(({ start, size }) => {
    const mapping = { containerID: next, hostID: start, size }
    next += size
    return mapping
  })
  return [mapRootTo(self), ...further]
}

function mapRootTo(hostID: number): IdMapping {
  return { containerID: 0, hostID, size: 1 }
}
