/**
 * A layer's archive, entry by entry, into the tree that it describes.
 *
 * Entries apply as an extractor would apply them to an empty directory (layer.md, "Applying Changesets"), but for two
 * things that make their order matter less: whiteouts are kept as plain entries, whose meaning is for lower layers
 * only, and a hard link may come before what it names.
 */
import { CtrbuildError } from '../errors.ts'
import type { Folder, Item } from './folder.ts'
import { findParent, type Ground, newGround, place } from './layer-ground.ts'
import { linkTo, type PendingLink, resolveLinks } from './layer-links.ts'
import { TREE_LIMITS, type TreeLimits } from './limits.ts'
import { type ByteString, type Dir, type Meta, type SpecialType, WHITEOUT } from './node.ts'
import { quoted } from './path.ts'

/** One member of a layer's archive. Paths are as the archive has them. */
export type LayerEntry =
  | { readonly kind: 'dir'; readonly path: ByteString; readonly meta: Meta }
  | {
      readonly kind: 'file'
      readonly path: ByteString
      readonly meta: Meta
      readonly size: number
      readonly checksum: string
    }
  | {
      readonly kind: 'symlink'
      readonly path: ByteString
      readonly meta: Meta
      readonly target: ByteString
      readonly checksum: string
    }
  | { readonly kind: 'hardlink'; readonly path: ByteString; readonly target: ByteString }
  | { readonly kind: 'special'; readonly path: ByteString; readonly type: SpecialType }

/** A member that was left out. */
export interface Dropped {
  readonly path: ByteString
  readonly type: SpecialType
}

/** What a whole archive came to. */
export interface Layer {
  readonly root: Dir
  readonly dropped: readonly Dropped[]
  /** Whiteouts that are not empty files (layer.md, "Whiteouts"). They count as whiteouts all the same. */
  readonly oddWhiteouts: readonly ByteString[]
}

/** Takes a layer's entries in the order of the archive. */
export interface LayerBuilder {
  /** @throws CtrbuildError TAR_INVALID, LAYER_LIMIT, LAYER_CONFLICT */
  add(entry: LayerEntry): void
  /** Ends the layer; nothing may be added after it. @throws CtrbuildError LAYER_CONFLICT */
  finish(): Layer
}

interface Building {
  readonly ground: Ground
  readonly links: PendingLink[]
  readonly dropped: Dropped[]
  readonly oddWhiteouts: ByteString[]
}

/** The kernel's PATH_MAX without the NUL. */
const MAX_TARGET = 4095

/** An empty layer. */
export function createLayer(limits: TreeLimits = TREE_LIMITS): LayerBuilder {
  const building: Building = { ground: newGround(limits), links: [], dropped: [], oddWhiteouts: [] }
  return {
    add: entry => addEntry(building, entry),
    finish: () => {
      const { ground, links, dropped, oddWhiteouts } = building
      resolveLinks(ground.root, links)
      for (const { folder, name, path } of links) noteDropped(building, path, folder.children.get(name))
      return { root: ground.root, dropped, oddWhiteouts }
    },
  }
}

function addEntry(building: Building, entry: LayerEntry): void {
  const { path } = entry
  if (entry.kind === 'dir') {
    addDir(building.ground, path, entry.meta)
  } else if (isWhiteoutName(path)) {
    addWhiteout(building, path, itemOf(building.ground, entry))
  } else {
    addItem(building, path, itemOf(building.ground, entry))
  }
}

function itemOf(ground: Ground, entry: Exclude<LayerEntry, { kind: 'dir' }>): Exclude<Item, Folder> {
  switch (entry.kind) {
    case 'file': {
      const { meta, size, checksum } = entry
      return { kind: 'file', meta, size, checksum }
    }
    case 'symlink': {
      const { meta, target, checksum } = entry
      checkTarget(entry.path, target)
      return { kind: 'symlink', meta, target, checksum }
    }
    case 'hardlink':
      return linkTo(ground.root, entry.path, entry.target)
    case 'special':
      return { kind: 'special', type: entry.type }
    default:
      return entry satisfies never
  }
}

function addDir(ground: Ground, path: ByteString, meta: Meta): void {
  const parent = findParent(ground, path, true)
  const existing = parent === 'root' ? ground.root : parent?.folder.children.get(parent.name)
  if (existing?.kind === 'dir') {
    existing.meta = meta
    existing.implied = false
  } else if (parent !== 'root') {
    if (parent === undefined) throw notBelowDirectory(path)
    place(ground, parent, { kind: 'dir', meta, implied: false, children: new Map() })
  }
}

function addItem(building: Building, path: ByteString, item: Exclude<Item, Folder>): void {
  const parent = findParent(building.ground, path, true)
  if (parent === 'root') throw rootNotDirectory()
  if (parent === undefined) throw notBelowDirectory(path)
  place(building.ground, parent, item)
  if (item.kind === 'link') building.links.push({ ...parent, path, link: item })
  noteDropped(building, path, item)
}

function noteDropped({ dropped }: Building, path: ByteString, item: Item | undefined): void {
  if (item?.kind === 'special') dropped.push({ path, type: item.type })
}

/**
 * "Whiteout files MUST only apply to resources in lower/parent layers" (layer.md, "Whiteouts"): symlinks of the same
 * layer do not lead them elsewhere, and below what is no directory here nothing of lower layers is left to remove.
 */
function addWhiteout(building: Building, path: ByteString, item: Exclude<Item, Folder>): void {
  if (item.kind !== 'file' || item.size > 0) building.oddWhiteouts.push(path)
  const parent = findParent(building.ground, path, false)
  if (parent !== 'root' && parent !== undefined) place(building.ground, parent, item)
}

function isWhiteoutName(path: ByteString): boolean {
  return path.startsWith(WHITEOUT, path.lastIndexOf('/', path.length - 2) + 1)
}

function checkTarget(path: ByteString, target: ByteString): void {
  if (target === '' || target.includes('\0')) {
    const what = target === '' ? 'nothing' : 'a name with a NUL byte'
    throw new CtrbuildError('TAR_INVALID', `the symlink ${quoted(path)} points to ${what}`)
  }
  if (target.length > MAX_TARGET) {
    const found = `${target.length} bytes, more than ${MAX_TARGET}`
    throw new CtrbuildError('LAYER_LIMIT', `the target of the symlink ${quoted(path)} has ${found}`)
  }
}

function rootNotDirectory(): CtrbuildError {
  return new CtrbuildError('TAR_INVALID', 'the root of the layer ("/") is not a directory')
}

function notBelowDirectory(path: ByteString): CtrbuildError {
  return new CtrbuildError('LAYER_CONFLICT', `${quoted(path)} is below something that is not a directory`)
}
