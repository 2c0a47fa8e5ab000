/** The tree of a layer that is being read, and finding places in it. */
import { CtrbuildError } from '../errors.ts'
import { type Folder, type Item, impliedFolder } from './folder.ts'
import { raiseHint, type TreeLimits } from './limits.ts'
import type { ByteString } from './node.ts'
import { checkDepth, checkEntryName, joinPath, type Names, parseEntryPath, quoted } from './path.ts'
import { namesOf, treeView, walk } from './walk.ts'

/** A layer's tree as far as it is known. */
export interface Ground {
  readonly root: Folder
  readonly limits: TreeLimits
  entries: number
  /** Archives mostly go directory by directory: the last entry's parent as it was written, and its folder. */
  lastParent: ByteString | undefined
  lastFolder: Folder
}

/** A name in a folder of the layer. */
export interface Place {
  readonly folder: Folder
  readonly name: ByteString
}

/** A layer without entries. */
export function newGround(limits: TreeLimits): Ground {
  const root = impliedFolder()
  return { root, limits, entries: 0, lastParent: undefined, lastFolder: root }
}

/**
 * Where an entry goes: its directory, made if it is missing, and its last name; or 'root' for the layer's root.
 * Undefined where something is in the way that is no directory, as is a symlink unless `follow` says to go where it
 * leads inside the layer.
 * @throws CtrbuildError TAR_INVALID, LAYER_LIMIT, LAYER_CONFLICT
 */
export function findParent(ground: Ground, path: ByteString, follow: boolean): Place | 'root' | undefined {
  const end = path.endsWith('/') ? path.length - 1 : path.length
  const slash = path.lastIndexOf('/', end - 1)
  const parent = path.slice(0, Math.max(slash, 0))
  const name = path.slice(slash + 1, end)
  if (follow && parent === ground.lastParent && name !== '' && name !== '.') {
    checkEntryName(name, path)
    return { folder: ground.lastFolder, name }
  }
  const names = parseEntryPath(path)
  if (names.length === 0) return 'root'
  checkDepth(names.length, path, ground.limits)
  const folder = enter(ground, names.slice(0, -1), follow)
  if (folder === undefined) return undefined
  if (follow && names.at(-1) === name) {
    ground.lastParent = parent
    ground.lastFolder = folder
  }
  return { folder, name: names.at(-1)! }
}

/** Puts something under a name, in place of whatever the layer had there. @throws CtrbuildError LAYER_LIMIT */
export function place(ground: Ground, { folder, name }: Place, item: Item): void {
  const existing = folder.children.get(name)
  if (existing === undefined) count(ground)
  else if (existing.kind !== 'file') ground.lastParent = undefined
  folder.children.set(name, item)
}

function enter(ground: Ground, names: Names, follow: boolean): Folder | undefined {
  let folder = ground.root
  for (const name of names) {
    const child = folder.children.get(name)
    if (child?.kind === 'symlink') return follow ? enterBySymlinks(ground, names) : undefined
    if (child !== undefined && child.kind !== 'dir') return undefined
    folder = child ?? addImplied(ground, folder, name)
  }
  return folder
}

function enterBySymlinks(ground: Ground, names: Names): Folder | undefined {
  const path = joinPath(names)
  const trail = walk(treeView(ground.root), names, true)
  if (trail === undefined)
    throw new CtrbuildError('LAYER_CONFLICT', `the symlinks of ${quoted(path)} go in circles`)
  const real = namesOf(trail)
  checkDepth(real.length + 1, path, ground.limits)
  return enter(ground, real, false)
}

function addImplied(ground: Ground, parent: Folder, name: ByteString): Folder {
  count(ground)
  const folder = impliedFolder()
  parent.children.set(name, folder)
  return folder
}

function count(ground: Ground): void {
  const most = ground.limits.entries
  if (++ground.entries <= most) return
  const message = `the layer has more than ${most} files and directories`
  throw new CtrbuildError('LAYER_LIMIT', message, { hint: raiseHint('entries') })
}
