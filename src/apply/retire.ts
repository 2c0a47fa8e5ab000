/** Removing a bundle's older generations, when there is a new one. */
import { join } from 'node:path'
import { mountedRoots } from '../sys/mounted.ts'
import {
  currentGeneration,
  GENERATIONS,
  generationNumbers,
  generationPath,
  removeGeneration,
} from './generations.ts'

/** Says whether something runs in a bundle's generation. */
export type InUse = (name: string, number: number) => boolean

/**
 * Removes all but the newest generations of a bundle: never the current one, and none that `inUse` says is in use.
 * @returns the numbers of those that were removed
 */
export function retireGenerations(out: string, name: string, keep: number, inUse: InUse): number[] {
  const current = currentGeneration(out, name)
  const old = generationNumbers(out, name)
    .slice(0, -keep)
    .filter(number => generationPath(out, name, number) !== current && !inUse(name, number))
  for (const number of old) removeGeneration(out, name, number)
  return old
}

/**
 * Looks which generations are mounted anywhere, as a runtime mounts the root file system of what it starts. Only those
 * of processes that the user may look at can be seen. A folder of the same name in another output folder counts too:
 * better one generation too many.
 */
export function generationsInUse(): InUse {
  let roots: readonly string[] | undefined
  return (name, number) => {
    roots ??= [...mountedRoots()].filter(root => root.includes(`/${GENERATIONS}/`))
    const folder = `/${join(GENERATIONS, name, String(number))}/`
    return roots.some(root => `${root}/`.includes(folder))
  }
}
