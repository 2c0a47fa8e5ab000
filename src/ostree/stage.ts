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
import { fsyncFolder } from '../sys/atomic.ts'
import { writeRef } from './refs.ts'
import type { Checksum, Repo } from './types.ts'

const PREFIX = 'ctrbuild-'
/** Stages, large files beside them, and refs that were being written. */
const LEFT = /^(ctrbuild-|\.new-)/

/** A staging folder of one apply. */
export interface Stage {
  readonly repo: Repo
  /** Absolute path; holds `ab/cdef….file` like `objects/`. */
  readonly path: string
}

/** Makes an empty staging folder. */
export function beginStage(repo: Repo, id: string): Stage {
  const tmp = join(repo.path, 'tmp')
  mkdirSync(tmp, { recursive: true, mode: 0o755 })
  const path = join(tmp, PREFIX + id)
  mkdirSync(path, { mode: 0o700 })
  return { repo, path }
}

/**
 * What an apply that was killed left in the `tmp` of the repository at a path, which need not be there.
 * The caller holds the store's lock, so that nobody uses any of it.
 */
export function stagesLeft(repo: string): string[] {
  const tmp = join(repo, 'tmp')
  return namesIn(tmp)
    .filter(name => LEFT.test(name))
    .map(name => join(tmp, name))
}

/** Where commits are staged: apart, since whoever finds a commit in the repository looks for all that it names. */
export function stagedCommits(stage: Stage): string {
  return join(stage.path, 'commits')
}

/**
 * Makes the staged objects part of the repository: first what commits name, then commits, then the refs that name them.
 * The caller has made durable what was written so far on the repository's file system: see `syncFs`.
 */
export function publish(stage: Stage, refs: ReadonlyMap<string, Checksum>): void {
  const commits = stagedCommits(stage)
  moveObjects(
    stage,
    stage.path,
    namesIn(stage.path).filter(name => name !== 'commits'),
  )
  moveObjects(stage, commits, namesIn(commits))
  for (const [ref, checksum] of refs) writeRef(stage.repo, ref, checksum, { fsync: true })
}

function moveObjects(stage: Stage, from: string, folders: readonly string[]): void {
  if (folders.length === 0) return
  const objects = join(stage.repo.path, 'objects')
  for (const folder of folders) moveFolder(join(from, folder), join(objects, folder))
  for (const folder of folders) fsyncFolder(join(objects, folder))
  fsyncFolder(objects)
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

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
}
