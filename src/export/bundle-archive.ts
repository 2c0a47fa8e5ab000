/** A bundle as an archive: unpacked by root, a runtime starts it where it lies. */
import { MOUNTS, makeMounts } from '../bundle/mounts.ts'
import type { MountLink } from '../bundle/types.ts'
import type { MountSpec } from '../spec/types.ts'
import { bytesOf, compareBytes, type Meta } from '../tree/node.ts'
import { type Fate, warnOfMounts } from './declared.ts'
import { dirMember, fileMember, type Member, treeMembers } from './members.ts'
import type { ExportSubject, ExportWarning } from './subject.ts'

const FOLDER: Meta = { uid: 0, gid: 0, mode: 0o755, xattrs: [] }

/** The members: config.json, scripts, an empty place for each volume, and `rootfs/`. */
export function bundleMembers(subject: ExportSubject): Member[] {
  const files = subject.files.map(({ path, mode, bytes }) => fileMember(bytesOf(path), mode, bytes))
  const places = makeMounts(subject.spec.mounts).links.map(link => placeOf(subject, link))
  const mounts = places.length === 0 ? [] : [dirMember(MOUNTS, FOLDER), ...places]
  const beside = [...files, ...mounts].sort((a, b) => compareBytes(a.header.path, b.header.path))
  return [...beside, ...treeMembers(subject.root, 'rootfs')]
}

/** What the archive does not bring along. */
export function warnOfArchive({ spec, stamp, config }: ExportSubject): ExportWarning[] {
  const owner = config.linux.uidMappings?.find(({ containerID }) => containerID === 0)?.hostID
  const ofOwner: ExportWarning[] =
    stamp.privilege === 'root' || owner === undefined
      ? []
      : [
          {
            code: 'EXPORT_HOST',
            key: 'uidMappings',
            message: `config.json is for uid ${owner}, who made it: unpack it as that user, or export what root applied`,
          },
        ]
  return [...ofOwner, ...warnOfMounts(spec, judge)]
}

function judge(mount: MountSpec): Fate {
  if (mount.type === 'volume')
    return { code: 'EXPORT_LEFT_OUT', message: `the volume ${mount.source} comes as an empty folder` }
  if (mount.type !== 'bind') return 'carried'
  if (mount.source.startsWith('/'))
    return { code: 'EXPORT_HOST', message: `${mount.source} has to be there where the bundle runs` }
  return { code: 'EXPORT_LEFT_OUT', message: `${mount.source} is not in the archive: an empty place is` }
}

/** What stands where the generation has a link to a volume or to something beside bundles.yaml. */
function placeOf({ spec, stamp, config }: ExportSubject, { path, to }: MountLink): Member {
  const at = bytesOf(path)
  if (to.kind === 'volume') {
    const { uid, gid } = stamp.privilege === 'root' ? config.process.user : { uid: 0, gid: 0 }
    return dirMember(at, { ...FOLDER, uid, gid })
  }
  const targets = spec.mounts.flatMap(mount =>
    mount.type === 'bind' && mount.source === to.source ? [mount.target] : [],
  )
  const isFile = stamp.points.some(point => targets.includes(point.path) && point.kind === 'file')
  return isFile ? fileMember(at, 0o644, Buffer.alloc(0)) : dirMember(at, FOLDER)
}
