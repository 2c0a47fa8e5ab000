/** Who a process is in its container: the resolved user, as far as the container's ids reach. */
import { CtrbuildError } from '../errors.ts'
import type { BundleSpec } from '../spec/types.ts'
import type { ResolvedUser } from './accounts.ts'
import { type Isolation, isMapped } from './isolation.ts'
import type { RuntimeConfig } from './types.ts'
import type { BundleWarning } from './warning.ts'

/** A user with numbers for names, and the bundle's own further groups. */
export interface UserSources {
  readonly spec: Pick<BundleSpec, 'name' | 'umask' | 'groups'>
  readonly user: ResolvedUser
  /** `groups` of the bundle. */
  readonly groups: readonly number[]
  readonly isolation: Isolation
}

interface ProcessUser {
  readonly user: RuntimeConfig['process']['user']
  readonly warnings: readonly BundleWarning[]
}

/**
 * The process's user and groups.
 * @throws CtrbuildError BUNDLE_INVALID for an id that the bundle's mappings leave out
 */
export function makeUser(sources: UserSources): ProcessUser {
  const { spec, user, groups, isolation } = sources
  const umask = spec.umask === undefined ? {} : { umask: spec.umask }
  if (isolation.ids?.isSingle) {
    return { user: { uid: 0, gid: 0, ...umask }, warnings: warnOfSquash(user, groups) }
  }
  const { uid, gid } = user
  const isDropped = isolation.isRootless && user.additionalGids.length > 0
  const all = [...new Set([...(isDropped ? [] : user.additionalGids), ...groups])].sort((a, b) => a - b)
  checkMapped(sources, all)
  return {
    user: { uid, gid, ...umask, ...(all.length > 0 && { additionalGids: all }) },
    warnings: isDropped ? [groupsDropped(user)] : [],
  }
}

function checkMapped({ spec, user, isolation: { ids } }: UserSources, groups: readonly number[]): void {
  if (ids === undefined) return
  const uids = [user.uid].filter(id => !isMapped(ids.uids, id))
  const gids = [user.gid, ...groups].filter(id => !isMapped(ids.gids, id))
  const [first] = [...uids.map(id => `uid ${id}`), ...gids.map(id => `gid ${id}`)]
  if (first === undefined) return
  const key = uids.length > 0 ? 'uidMappings' : 'gidMappings'
  throw new CtrbuildError(
    'BUNDLE_INVALID',
    `bundle ${spec.name} runs as ${first}, which its ${key} leaves out`,
    {
      hint: `Map it in ${key}, or choose another user`,
    },
  )
}

/** One id is all that the user namespace has, so the process is its root. */
function warnOfSquash({ uid, gid }: ResolvedUser, groups: readonly number[]): BundleWarning[] {
  if (uid === 0 && groups.length === 0) return []
  const who = uid === 0 ? `further groups ${groups.join(', ')}` : `uid ${uid}:${gid} of the image`
  const verb = uid === 0 ? 'do' : 'does'
  return [
    {
      code: 'USER_SQUASHED',
      message: `${who} ${verb} not exist in a user namespace with one id: the process runs as its uid 0`,
      hint: 'On the host that is you yourself. For the ids of the image apply as root, or write uidMappings: auto and gidMappings: auto',
    },
  ]
}

/** Without newgidmap nobody may drop groups, and runc starts nothing with further ones for a plain user. */
function groupsDropped({ additionalGids }: ResolvedUser): BundleWarning {
  return {
    code: 'GROUPS_DROPPED',
    message: `the image's further groups of the user, ${additionalGids.join(', ')}, are left out: runc gives a plain user's container none`,
    hint: 'Name those that are needed in groups: and leave runc out of runtimes:, or apply as root',
  }
}
