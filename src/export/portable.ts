/**
 * A bundle as a portable service: a tree that `portablectl attach` takes, with the unit inside
 * (systemd.io/PORTABLE_SERVICES, "Requirements on Images").
 */

import { digestOf, hexOf } from '../oci/digest.ts'
import { draftOf, openFolder } from '../tree/draft.ts'
import { bytesOf, type Dir, type File, type Meta } from '../tree/node.ts'
import { splitPath } from '../tree/path.ts'
import { withMountPoints } from '../tree/points.ts'
import { resolvePath } from '../tree/resolve.ts'
import type { Extras } from './members.ts'
import { portableUnit } from './portable-unit.ts'
import type { ExportSubject } from './subject.ts'

/** The tree, and the content of those of its files that are not in the store. */
export interface PortableTree {
  readonly root: Dir
  readonly extras: Extras
}

const UNITS = '/usr/lib/systemd/system'
const PLAIN: Meta = { uid: 0, gid: 0, mode: 0o644, xattrs: [] }

/** What the service manager mounts on, and what its profiles bind from the host. */
const POINTS = [
  ...['/dev', '/proc', '/run', '/sys', '/tmp', '/var/tmp'].map(path => ({ path, kind: 'dir' as const })),
  ...['/etc/machine-id', '/etc/resolv.conf'].map(path => ({ path, kind: 'file' as const })),
]

/**
 * The tree of a service that is called what the bundle is.
 * @throws CtrbuildError ROOTFS_INVALID where the image has something else in these places
 */
export function portableTree(subject: ExportSubject): PortableTree {
  const { name } = subject
  const empty = fileOf(Buffer.alloc(0))
  const prepared = withMountPoints(
    subject.root,
    POINTS.map(point => ({ ...point, path: bytesOf(point.path) })),
    empty,
  )
  const extras = new Map<File, Buffer>()
  const withUnit = withFile(prepared, `${UNITS}/${name}.service`, portableUnit(subject), extras)
  const isNamed = ['/etc/os-release', '/usr/lib/os-release'].some(path => isFile(prepared, path))
  return {
    root: isNamed ? withUnit : withFile(withUnit, '/usr/lib/os-release', release(name), extras),
    extras,
  }
}

/** Profiles look for the name of a system; an image without one gets that of the bundle. */
function release(name: string): string {
  return `ID=${name}\nNAME=${name}\nPRETTY_NAME=${name}\nPORTABLE_PREFIXES=${name}\n`
}

function isFile(root: Dir, path: string): boolean {
  const found = resolvePath(root, path, { followLast: true })
  return found.kind === 'found' && found.node.kind === 'file'
}

/** The tree with a file of ours, in place of what is there; its folder is where symlinks inside the root lead. */
function withFile(root: Dir, path: string, text: string, extras: Map<File, Buffer>): Dir {
  const slash = path.lastIndexOf('/')
  const folder = path.slice(0, slash)
  const prepared = withMountPoints(root, [{ path: folder, kind: 'dir' }], fileOf(Buffer.alloc(0)))
  const found = resolvePath(prepared, folder, { followLast: true })
  if (found.kind !== 'found') throw new Error(`${folder} was made and is not there`)
  const draft = draftOf(prepared)
  const content = Buffer.from(text)
  const file = fileOf(content)
  openFolder(draft, splitPath(found.path))!.children.set(path.slice(slash + 1), file)
  extras.set(file, content)
  return draft.root
}

/** Its checksum names the content alone: it is no object of the store. */
function fileOf(content: Buffer): File {
  return { kind: 'file', meta: PLAIN, size: content.length, checksum: hexOf(digestOf(content)) }
}
