/** Removing garbage, in an order in which whoever is killed leaves a store without faults. */
import { rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { isErrno } from '../errors.ts'
import { type ObjectName, pathOfObject } from '../ostree/inventory.ts'
import { deleteRef } from '../ostree/refs.ts'
import type { Repo } from '../ostree/types.ts'
import { syncFs } from '../sys/atomic.ts'
import type { Garbage } from './garbage.ts'
import { removeGeneration, removeTree } from './generations.ts'
import type { Places } from './places.ts'

/**
 * Removes generations, then refs, commits, and what commits name: nothing that is there leads to something that is not,
 * also after the power fails. Call it with the locks held with which the garbage was found.
 */
export async function collect({ out }: Places, garbage: Garbage): Promise<void> {
  const { repo, generations, refs, objects, blobs, leftovers } = garbage
  for (const { name, number } of generations) removeGeneration(out, name, number)
  for (const folder of new Set(generations.map(({ path }) => dirname(path)))) removeIfEmpty(folder)
  if (repo !== undefined) {
    for (const ref of refs) deleteRef(repo, ref)
    if (refs.length > 0) await syncFs(repo.path)
    const commits = objects.filter(object => object.endsWith('.commit'))
    removeObjects(repo, commits)
    if (commits.length > 0) await syncFs(repo.path)
    removeObjects(repo, objects.slice(commits.length))
  }
  for (const path of [...blobs, ...leftovers]) removeTree(path)
}

/** A commit's detached metadata goes with it. */
function removeObjects(repo: Repo, objects: readonly ObjectName[]): void {
  for (const object of objects) {
    const path = pathOfObject(repo, object)
    rmSync(path, { force: true })
    if (object.endsWith('.commit')) rmSync(`${path}meta`, { force: true })
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'ENOENT')) throw error
  }
}
