/**
 * Generations: every apply that changes a bundle makes a new folder for it, and one rename switches to it.
 *
 *     out/redis                      -> .generations/redis/2
 *     out/.generations/redis/2/      config.json, rootfs/, run, …, ctrbuild.json
 *     out/.volumes/redis/data/       outlives generations
 */
import {
  chmodSync,
  type Dirent,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { isErrno } from '../errors.ts'

/** Folder of generations in the output folder. */
export const GENERATIONS = '.generations'
/** Folder of volumes in the output folder. */
export const VOLUMES = '.volumes'
/** The file that is written last: with it, a generation is complete. */
export const STAMP = 'ctrbuild.json'

/** Is there where the file system did not link all files from the store, so that some are copies. */
export const COPIED = '.copied'

const UNFINISHED = '.unfinished-'

/** A generation that is being made. */
export interface Draft {
  readonly name: string
  /** Absolute path of its folder while it is being made. */
  readonly path: string
}

/** Makes an empty folder for a bundle's next generation. */
export function beginGeneration(out: string, name: string): Draft {
  const generations = join(out, GENERATIONS, name)
  mkdirSync(generations, { recursive: true, mode: 0o755 })
  const path = join(generations, `${UNFINISHED}${nextNumber(generations)}`)
  // A rootfs may hold setuid programs: others on this machine must not get at them.
  mkdirSync(path, { mode: 0o700 })
  return { name, path }
}

/** What an apply that was killed left half made. The caller holds the store's lock: nobody is making anything. */
export function draftsLeft(out: string): string[] {
  const there = new Set(entriesIn(out))
  return bundlesWithGenerations(out).flatMap(name => {
    const link = nextLink(out, name)
    const generations = join(out, GENERATIONS, name)
    const drafts = entriesIn(generations).filter(left => left.startsWith(UNFINISHED))
    return [...(there.has(basename(link)) ? [link] : []), ...drafts.map(left => join(generations, left))]
  })
}

/** Gives a finished generation its number, and makes it the bundle's current one. */
export function switchTo(out: string, { name, path }: Draft): void {
  const number = Number(path.slice(path.lastIndexOf(UNFINISHED) + UNFINISHED.length))
  renameSync(path, generationPath(out, name, number))
  pointTo(out, name, number)
}

/** Makes a generation the bundle's current one, by one rename. */
export function pointTo(out: string, name: string, number: number): void {
  const link = nextLink(out, name)
  rmSync(link, { force: true })
  symlinkSync(join(GENERATIONS, name, String(number)), link)
  renameSync(link, join(out, name))
}

/** Numbers of a bundle's finished generations, the oldest first. */
export function generationNumbers(out: string, name: string): number[] {
  return entriesIn(join(out, GENERATIONS, name))
    .filter(entry => /^[1-9][0-9]*$/.test(entry))
    .map(Number)
    .sort((a, b) => a - b)
}

/** Absolute path of a generation. */
export function generationPath(out: string, name: string, number: number): string {
  return join(out, GENERATIONS, name, String(number))
}

/** Names of all bundles that have generations, whether they stand in the output folder or not. */
export function bundlesWithGenerations(out: string): string[] {
  return entriesIn(join(out, GENERATIONS)).sort()
}

/**
 * Removes a generation that is not the current one. It is unfinished again first, so that whoever is killed in between
 * leaves nothing that looks whole.
 */
export function removeGeneration(out: string, name: string, number: number): void {
  const path = join(out, GENERATIONS, name, `${UNFINISHED}${number}`)
  renameSync(generationPath(out, name, number), path)
  removeTree(path)
}

/** Takes a bundle out of the output folder. Its generations and volumes stay until they are collected. */
export function removeBundle(out: string, name: string): void {
  rmSync(join(out, name), { force: true })
}

/** What stands under a name in the output folder: a generation's absolute path, nothing, or something foreign. */
export function currentGeneration(out: string, name: string): string | 'none' | 'foreign' {
  const path = join(out, name)
  try {
    if (!lstatSync(path).isSymbolicLink()) return 'foreign'
    const target = readlinkSync(path)
    return new RegExp(`^${GENERATIONS}/[^/]+/[0-9]+$`).test(target) ? join(out, target) : 'foreign'
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return 'none'
    throw error
  }
}

/** Names that stand in the output folder, ctrbuild's own folders left out. */
export function namesIn(out: string): string[] {
  return entriesIn(out)
    .filter(name => !name.startsWith('.'))
    .sort()
}

/** Removes a tree, also one whose folders its owner may not write to. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'ENOTEMPTY')) throw error
    openFolders(Buffer.from(path))
    rmSync(path, { recursive: true, force: true })
  }
}

function openFolders(path: Buffer): void {
  chmodSync(path, 0o700)
  for (const entry of readdirSync(path, {
    withFileTypes: true,
    encoding: 'buffer',
  }) as unknown as Dirent<Buffer>[]) {
    if (entry.isDirectory()) openFolders(Buffer.concat([path, Buffer.from('/'), entry.name]))
  }
}

function nextNumber(generations: string): number {
  const numbers = readdirSync(generations).map(name =>
    Number(/^(?:\.unfinished-)?([0-9]+)$/.exec(name)?.[1] ?? 0),
  )
  return Math.max(0, ...numbers) + 1
}

/** Where a bundle's symlink is made before it is renamed over the old one. */
function nextLink(out: string, name: string): string {
  return join(out, `.${name}.new`)
}

function entriesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
}
