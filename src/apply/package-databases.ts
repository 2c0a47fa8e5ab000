/** The package databases in a tree: found through the tree, read from the store. */

import { readContent } from '../ostree/read.ts'
import type { Checksum, Repo } from '../ostree/types.ts'
import { parseApk } from '../packages/apk.ts'
import { parseDpkg } from '../packages/dpkg.ts'
import type { Package, PackageManager } from '../packages/types.ts'
import type { Dir, File } from '../tree/node.ts'
import { resolvePath } from '../tree/resolve.ts'
import { queryRpm } from './rpm-database.ts'

/** Bytes of the largest database that is read: a desktop's has a tenth of it. */
const LARGEST = 64 << 20

/** A database, as one file or more. */
export interface Database {
  readonly manager: PackageManager
  /** By their names in the folder they lie in. */
  readonly files: ReadonlyMap<string, File>
}

const DPKG = '/var/lib/dpkg'
/** The older place first; where both lead to one file, it is read once. */
const APK = ['/lib/apk/db/installed', '/usr/lib/apk/db/installed']
const RPM = ['/var/lib/rpm', '/usr/lib/sysimage/rpm', '/usr/share/rpm']
/** rpm's databases: SQLite, ndb and Berkeley DB, with what SQLite has not written back yet. */
const RPM_FILES = ['rpmdb.sqlite', 'rpmdb.sqlite-wal', 'Packages.db', 'Packages']

/** Every database of a tree. Symbolic links are followed inside the tree. */
export function packageDatabases(root: Dir): Database[] {
  const found = [
    dpkgDatabase(root),
    ...APK.map(path => apkDatabase(root, path)),
    ...RPM.map(path => rpmDatabase(root, path)),
  ]
  const databases = found.filter(({ files }) => files.size > 0)
  return databases.filter(
    (database, i) => !databases.slice(0, i).some(other => isSameDatabase(database, other)),
  )
}

/** True where two databases hold the same bytes, so that nothing can be different between them. */
export function isSameDatabase(a: Database, b: Database): boolean {
  const entries = [...a.files]
  return (
    a.manager === b.manager &&
    a.files.size === b.files.size &&
    entries.every(([name, { checksum }]) => b.files.get(name)?.checksum === checksum)
  )
}

/** What databases say. */
export interface Installed {
  readonly packages: readonly Package[]
  /** What could not be read, as sentences. */
  readonly notes: readonly string[]
}

/**
 * Reads databases from a store.
 * @throws CtrbuildError OBJECT_DAMAGED, LAYER_LIMIT where one is larger than 64 MiB
 */
export async function readDatabases(
  repo: Repo,
  databases: readonly Database[],
  signal: AbortSignal,
): Promise<Installed> {
  const read = await Promise.all(databases.map(database => readDatabase(repo, database, signal)))
  return { packages: read.flatMap(one => one.packages), notes: read.flatMap(one => one.notes) }
}

async function readDatabase(
  repo: Repo,
  { manager, files }: Database,
  signal: AbortSignal,
): Promise<Installed> {
  const contents = [...files].map(([name, file]) => [name, contentOf(repo, file)] as const)
  if (manager === 'rpm') return queryRpm(contents, signal)
  const parse = manager === 'dpkg' ? parseDpkg : parseApk
  return { packages: contents.flatMap(([, content]) => parse(content.toString('utf8'))), notes: [] }
}

function contentOf(repo: Repo, { checksum }: File): Buffer {
  return readContent(repo, checksum as Checksum, LARGEST)
}

function dpkgDatabase(root: Dir): Database {
  const files = filesIn(root, `${DPKG}/status.d`).filter(([name]) => !name.endsWith('.md5sums'))
  return { manager: 'dpkg', files: new Map([...files, ...fileAt(root, `${DPKG}/status`)]) }
}

function apkDatabase(root: Dir, path: string): Database {
  return { manager: 'apk', files: new Map(fileAt(root, path)) }
}

function rpmDatabase(root: Dir, folder: string): Database {
  return { manager: 'rpm', files: new Map(RPM_FILES.flatMap(name => fileAt(root, `${folder}/${name}`))) }
}

function fileAt(root: Dir, path: string): [string, File][] {
  const found = resolvePath(root, path, { followLast: true })
  if (found.kind !== 'found' || found.node.kind !== 'file' || found.node.size === 0) return []
  return [[path.slice(path.lastIndexOf('/') + 1), found.node]]
}

function filesIn(root: Dir, path: string): [string, File][] {
  const found = resolvePath(root, path, { followLast: true })
  if (found.kind !== 'found' || found.node.kind !== 'dir') return []
  return [...found.node.children.keys()].flatMap(name => fileAt(root, `${path}/${name}`))
}
