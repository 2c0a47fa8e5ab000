/** One layer's tar imported twice: by ctrbuild and by the ostree program, into repositories of the same mode. */
import { createHash } from 'node:crypto'
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { ByteSource } from '../../src/oci/tar/cursor.ts'
import { TAR_LIMITS } from '../../src/oci/tar/limits.ts'
import { type ObjectWriter, objectWriter } from '../../src/ostree/object-writer.ts'
import { type ReadLayer, readLayer } from '../../src/ostree/read-layer.ts'
import { beginStage, discard, publish } from '../../src/ostree/stage.ts'
import type { Checksum, Repo, RepoMode } from '../../src/ostree/types.ts'
import { putCommit, putTree } from '../../src/ostree/write.ts'
import { listXattrs } from '../../src/sys/xattr.ts'
import { ostree } from '../ostree/repositories.ts'

/** Modes that this user can write: real owners take root. */
export const MODES: RepoMode[] = process.getuid!() === 0 ? ['bare', 'bare-user'] : ['bare-user']

/** A layer that was read, and the commit that holds it. */
export interface Imported extends ReadLayer {
  readonly commit: Checksum
}

/** Reads layers' tars as an import does, each under a ref. */
export function importTars(repo: Repo, tars: ReadonlyMap<string, string>): ReadonlyMap<string, Imported> {
  const stage = beginStage(repo, 'oracle')
  try {
    const writer = objectWriter(stage)
    const imported = new Map([...tars].map(([ref, tar]) => [ref, importTar(writer, tar)]))
    publish(stage, new Map([...imported].map(([ref, { commit }]) => [ref, commit])))
    return imported
  } finally {
    discard(stage)
  }
}

function importTar(writer: ObjectWriter, tar: string): Imported {
  const fd = openSync(tar, 'r')
  try {
    const layer = readLayer(sourceOf(fd), TAR_LIMITS, writer)
    return { ...layer, commit: putCommit(writer, putTree(writer, layer.root)) }
  } finally {
    closeSync(fd)
  }
}

function sourceOf(fd: number): ByteSource {
  return {
    next() {
      const chunk = Buffer.allocUnsafe(1 << 20)
      const count = readSync(fd, chunk)
      return count === 0 ? undefined : chunk.subarray(0, count)
    },
  }
}

/** Commits the same tar with ostree; it refuses devices and pipes, so that their paths have to be named. */
export function ostreeImport(
  repo: Repo,
  ref: string,
  tar: string,
  specials: readonly string[] = [],
): Checksum {
  const skipList = `${repo.path}-skip`
  writeFileSync(skipList, specials.map(path => `/${path.replace(/^(\.?\/)+/, '')}\n`).join(''), 'latin1')
  const argv = ['--no-bindings', '--timestamp=@0', '--tar-autocreate-parents', `--skip-list=${skipList}`]
  return ostree(repo.path, 'commit', ...argv, `--branch=${ref}`, `--tree=tar=${tar}`) as Checksum
}

/** A commit's tree as text, with all that libostree knows of it. */
export function listOf(repo: Repo, commit: string): string {
  return ostree(repo.path, 'ls', '-R', '-X', '-C', commit)
}

/** Every object of a repository as it lies on disk: its name, and type, mode, owner, attributes and content as text. */
export function objectsOf(repo: Repo): ReadonlyMap<string, string> {
  const objects = join(repo.path, 'objects')
  const found = new Map<string, string>()
  for (const prefix of readdirSync(objects).sort()) {
    for (const name of readdirSync(join(objects, prefix)).sort())
      found.set(`${prefix}/${name}`, onDisk(join(objects, prefix, name)))
  }
  return found
}

function onDisk(path: string): string {
  const { mode, uid, gid, mtimeMs, size } = lstatSync(path)
  const facts = `${mode.toString(8)} ${uid}:${gid} ${size} bytes`
  // libostree fixes the times of files only.
  if ((mode & 0o170000) === 0o120000) return `${facts} -> ${readlinkSync(path, 'latin1')}`
  const time = path.endsWith('.file') ? ` at ${mtimeMs}` : ''
  const fd = openSync(path, 'r')
  try {
    const xattrs = listXattrs(fd).map(([name, value]) => ` ${name}=${value.toString('hex')}`)
    return `${facts}${time}${xattrs.join('')} ${createHash('sha256').update(readFileSync(fd)).digest('hex')}`
  } finally {
    closeSync(fd)
  }
}
