/**
 * New objects on their way into the repository.
 *
 * Objects are written complete, under their final names, into a staging folder inside the repository, and moved into
 * `objects/` in one go after a single sync: an object that can be seen there is whole, whatever happens to the machine
 * (the order that libostree keeps: objects durable before the ref that names them).
 */
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno } from '../errors.ts'
import { fsyncFolder, syncFs } from '../sys/atomic.ts'
import { writeRef } from './refs.ts'
import type { Checksum, Repo } from './types.ts'

const PREFIX = 'ctrbuild-'

/** A staging folder of one apply. */
export interface Stage {
  readonly repo: Repo
  /** Absolute path; holds `ab/cdef….file` like `objects/`. */
  readonly path: string
}

/**
 * Makes an empty staging folder, and removes what an apply that was killed left behind.
 * The caller holds the store's lock, so no other apply can own one.
 */
export function beginStage(repo: Repo, id: string): Stage {
  const tmp = join(repo.path, 'tmp')
  mkdirSync(tmp, { recursive: true, mode: 0o755 })
  for (const name of readdirSync(tmp)) {
    if (name.startsWith(PREFIX)) rmSync(join(tmp, name), { recursive: true, force: true })
  }
  const path = join(tmp, PREFIX + id)
  mkdirSync(path, { mode: 0o700 })
  return { repo, path }
}

/**
 * Makes the staged objects part of the repository, then writes the refs that name them.
 * Everything written so far on the repository's file system is durable before the first object is moved.
 */
export async function publish(stage: Stage, refs: ReadonlyMap<string, Checksum>): Promise<void> {
  const folders = readdirSync(stage.path)
  if (folders.length === 0 && refs.size === 0) return
  await syncFs(stage.repo.path)
  const objects = join(stage.repo.path, 'objects')
  for (const folder of folders) moveFolder(join(stage.path, folder), join(objects, folder))
  for (const folder of folders) fsyncFolder(join(objects, folder))
  fsyncFolder(objects)
  for (const [ref, checksum] of refs) writeRef(stage.repo, ref, checksum)
  fsyncFolder(join(stage.repo.path, 'refs', 'heads'))
}

/** Removes the staging folder with all that was not published. */
export function discard(stage: Stage): void {
  rmSync(stage.path, { recursive: true, force: true })
}

function moveFolder(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error
    for (const name of readdirSync(from)) renameSync(join(from, name), join(to, name))
  }
}
