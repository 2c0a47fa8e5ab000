/** Owners that an image gives its files and that its container will not see. */
import { type ByteString, type Dir, display, type Node } from '../tree/node.ts'
import type { IdMapping, Privilege, RuntimeConfig } from './types.ts'
import type { BundleWarning } from './warning.ts'

const SHOWN = 5

interface Seeing {
  readonly privilege: Privilege
  readonly uids: readonly IdMapping[]
  readonly gids: readonly IdMapping[]
}

/**
 * Warns of files whose owners in the container are not those of the image: a plain user's root file system is all the
 * user's, and what a user namespace does not map is nobody's in it.
 *
 * Where a plain user maps one id only, nothing is said: the process is root inside, and all files are its own.
 */
export function warnOfOwners({ linux }: RuntimeConfig, privilege: Privilege, root: Dir): BundleWarning[] {
  const { uidMappings: uids = [], gidMappings: gids = [] } = linux
  const isSingle = uids.length === 1 && uids[0]!.size === 1
  if (uids.length === 0 || (privilege.kind === 'rootless' && isSingle)) return []
  const lost = [...lostOwners(root, '', { privilege, uids, gids })]
  if (lost.length === 0) return []
  const more = lost.length > SHOWN ? ` and ${lost.length - SHOWN} more` : ''
  return [
    {
      code: 'OWNERS_LOST',
      message: `files have other owners in the container than in the image: ${lost.slice(0, SHOWN).join(', ')}${more}`,
      hint:
        privilege.kind === 'rootless'
          ? "You cannot give files away: they are root's inside. Leave the mappings out to run as root inside, or apply as root"
          : 'Map these ids to themselves in uidMappings and gidMappings, or leave the mappings out',
    },
  ]
}

function* lostOwners(node: Node, path: ByteString, seeing: Seeing): Generator<string> {
  if (node.kind === 'link' || node.kind === 'special') return
  const { uid, gid } = node.meta
  const { privilege, uids, gids } = seeing
  const [owner, group] = privilege.kind === 'rootless' ? [privilege.uid, privilege.gid] : [uid, gid]
  if (seenAs(uids, owner) !== uid || seenAs(gids, group) !== gid)
    yield `${display(path === '' ? '/' : path)} (${uid}:${gid})`
  if (node.kind !== 'dir') return
  for (const name of [...node.children.keys()].sort())
    yield* lostOwners(node.children.get(name)!, `${path}/${name}`, seeing)
}

/** What an id outside is inside; undefined for nobody. */
function seenAs(ranges: readonly IdMapping[], id: number): number | undefined {
  const range = ranges.find(({ hostID, size }) => id >= hostID && id - hostID < size)
  return range && range.containerID + id - range.hostID
}
