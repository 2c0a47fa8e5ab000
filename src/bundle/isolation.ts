/** What a container has to itself: its namespaces, and the ids that exist in it (runtime specification, config-linux.md). */
import type { Namespace } from '../spec/types.ts'
import type { IdMapping, Privilege } from './types.ts'

/** The namespaces of a container, worked out once for all that depends on them. */
export interface Isolation {
  /** Sorted. */
  readonly namespaces: readonly Namespace[]
  /** In a user namespace, which ids of the host stand behind the container's uid 0 and gid 0, the only ones it has. */
  readonly root: { readonly uid: number; readonly gid: number } | undefined
}

/**
 * The isolation of a bundle. A mount namespace is always there, since mounts are; a user namespace is what a plain
 * user needs to have any of the others. Root who asks for one stays root in it, but of nothing else.
 */
export function isolationOf(namespaces: readonly Namespace[], privilege: Privilege): Isolation {
  const isRootless = privilege.kind === 'rootless'
  const all = new Set<Namespace>([...namespaces, 'mount', ...(isRootless ? (['user'] as const) : [])])
  const self = isRootless ? { uid: privilege.uid, gid: privilege.gid } : { uid: 0, gid: 0 }
  return { namespaces: [...all].sort(), root: all.has('user') ? self : undefined }
}

/** The `uidMappings` and `gidMappings` of a user namespace (config-linux.md, "User namespace mappings"). */
export function idMappings({ root }: Isolation): { uidMappings?: IdMapping[]; gidMappings?: IdMapping[] } {
  if (root === undefined) return {}
  return { uidMappings: [mapRootTo(root.uid)], gidMappings: [mapRootTo(root.gid)] }
}

function mapRootTo(hostID: number): IdMapping {
  return { containerID: 0, hostID, size: 1 }
}
