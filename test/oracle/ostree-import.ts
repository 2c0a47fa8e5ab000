/** One layer's tar imported twice: by ctrbuild and by the ostree program, into repositories of the same mode. */
import { createHash } from 'node:crypto'
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { ByteSource } from '../../src/oci/tar/cursor.ts'
import { TAR_LIMITS } from '../../src/oci/tar/limits.ts'
import { objectWriter } from '../../src/ostree/object-writer.ts'
import { readCommit } from '../../src/ostree/read.ts'
import { type ReadLayer, readLayer } from '../../src/ostree/read-layer.ts'
import { beginStage, discard, publish } from '../../src/ostree/stage.ts'
import type { RootChecksums } from '../../src/ostree/tree-objects.ts'
import type { Checksum, Repo, RepoMode } from '../../src/ostree/types.ts'
import { putCommit } from '../../src/ostree/write.ts'
import { listXattrs } from '../../src/sys/xattr.ts'
import { ostree } from '../ostree/repositories.ts'

/** Modes that this user can write: real owners take root. */
export const MODES: RepoMode[] = process.getuid!() === 0 ? ['bare', 'bare-user'] : ['bare-user']

/** Reads a layer's tar as an import does, and names its commit. */
export function importTar(repo: Repo, ref: string, tar: string): ReadLayer & { readonly commit: Checksum } {
  const stage = beginStage(repo, 'oracle')
  const fd = openSync(tar, 'r')
  try {
    const writer = objectWriter(stage)
    const layer = readLayer(sourceOf(fd), TAR_LIMITS, writer)
    const commit = putCommit(writer, layer.root)
    publish(stage, new Map([[ref, commit]]))
    return { ...layer, commit }
  } finally {
    closeSync(fd)
    discard(stage)
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
export function ostreeImport(repo: Repo, ref: string, tar: string, ...options: string[]): Checksum {
  const argv = ['--no-bindings', '--timestamp=@0', '--tar-autocreate-parents', `--branch=${ref}`]
  return ostree(repo.path, 'commit', ...argv, ...options, `--tree=tar=${tar}`) as Checksum
}

/** The root of a commit, as ctrbuild reads it. */
export function rootOf(repo: Repo, commit: Checksum): RootChecksums {
  const { tree, meta } = readCommit(repo, commit)
  return { tree, meta }
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
  // libostree leaves the time of metadata objects as it comes.
  const time = path.endsWith('.file') ? ` at ${mtimeMs}` : ''
  const facts = `${mode.toString(8)} ${uid}:${gid} ${size} bytes${time}`
  if ((mode & 0o170000) === 0o120000) return `${facts} -> ${readlinkSync(path, 'latin1')}`
  const fd = openSync(path, 'r')
  try {
    const xattrs = listXattrs(fd).map(([name, value]) => ` ${name}=${value.toString('hex')}`)
    return `${facts}${xattrs.join('')} ${createHash('sha256').update(readFileSync(fd)).digest('hex')}`
  } finally {
    closeSync(fd)
  }
}
