/** Refs: names for commits, each a file below `refs/heads` (libostree, "The refs directory"). */
import { type Dirent, mkdirSync, readdirSync, readFileSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CtrbuildError, isErrno } from '../errors.ts'
import { fsyncFolder, writeFileAtomic } from '../sys/atomic.ts'
import { compareBytes } from '../tree/node.ts'
import { parseChecksum } from './checksum.ts'
import type { Checksum, Repo } from './types.ts'

/** As ostree_validate_rev, without the letters beyond ASCII, and no component longer than a file's name can be. */
const COMPONENT = /^[A-Za-z0-9_][-._A-Za-z0-9]{0,254}$/

/** True for text that can name a ref. */
export function isRefName(name: string): boolean {
  return name.length <= 2048 && name.split('/').every(component => COMPONENT.test(component))
}

/**
 * The commit that a ref names, or undefined where there is no such ref.
 * @throws CtrbuildError REFERENCE_INVALID, OBJECT_DAMAGED
 */
export function readRef(repo: Repo, name: string): Checksum | undefined {
  try {
    return parseChecksum(readFileSync(refPath(repo, name), 'utf8').trimEnd(), `ref ${name}`)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined
    throw error
  }
}

/**
 * Makes a ref name a commit, whatever it named before. The commit must be in the repository and durable.
 * The file is written in the repository's `tmp`, since what lies in `refs/heads` is a ref to others.
 * @throws CtrbuildError REFERENCE_INVALID
 */
export function writeRef(
  repo: Repo,
  name: string,
  commit: Checksum,
  options: { fsync?: boolean } = {},
): void {
  const path = refPath(repo, name)
  const { fsync = false } = options
  const made = mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  writeFileAtomic(path, `${commit}\n`, { fsync, staging: join(repo.path, 'tmp') })
  if (fsync && made !== undefined) syncFolders(dirname(path), dirname(made))
}

/** Removes a ref; false where there is none. */
export function deleteRef(repo: Repo, name: string): boolean {
  try {
    unlinkSync(refPath(repo, name))
    return true
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false
    throw error
  }
}

/** Names of all files that can be refs, sorted, whatever is in them. */
export function refNames(repo: Repo): string[] {
  return namesBelow(repo, '').sort(compareBytes)
}

/**
 * The refs whose names begin with `prefix`, sorted by name. Files that cannot be refs are passed over, as libostree does.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function listRefs(repo: Repo, prefix = ''): Map<string, Checksum> {
  const refs = new Map<string, Checksum>()
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  if (folder !== '' && !isRefName(folder.slice(0, -1))) return refs
  for (const name of namesBelow(repo, folder).sort(compareBytes)) {
    const commit = name.startsWith(prefix) ? readRef(repo, name) : undefined
    if (commit !== undefined) refs.set(name, commit)
  }
  return refs
}

/** An image's name as one component of a ref: what is not a letter, digit, `.` or `-` becomes `_` and two hex digits. */
export function escapeImageName(name: string): string {
  const bytes = Buffer.from(name, 'utf8').toString('latin1')
  return bytes.replace(/[^A-Za-z0-9.-]/g, byte => `_${hex(byte)}`)
}

/** The name that was escaped; undefined where the text is not an escaped name. */
export function unescapeImageName(escaped: string): string | undefined {
  if (!/^(?:[A-Za-z0-9.-]|_[0-9A-F]{2})*$/.test(escaped)) return undefined
  const bytes = escaped.replace(/_(..)/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

function hex(byte: string): string {
  return byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
}

function refPath(repo: Repo, name: string): string {
  if (!isRefName(name)) {
    throw new CtrbuildError('REFERENCE_INVALID', `${JSON.stringify(name)} cannot be the name of a ref`, {
      hint: 'Ref names have letters, digits, "_", "-", "." and "/", and no part begins with "-" or "."',
    })
  }
  return join(repo.path, 'refs', 'heads', name)
}

/** Names of all refs in a folder of refs, which is `''` or ends with a slash. */
function namesBelow(repo: Repo, folder: string): string[] {
  return entriesOf(join(repo.path, 'refs', 'heads', folder)).flatMap(entry => {
    if (!COMPONENT.test(entry.name)) return []
    const name = folder + entry.name
    return entry.isDirectory() ? namesBelow(repo, `${name}/`) : [name]
  })
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

/** Makes the names of new folders durable, from `from` up to `to`. */
function syncFolders(from: string, to: string): void {
  for (let folder = from; folder !== to; folder = dirname(folder)) fsyncFolder(dirname(folder))
}
