/**
 * Moves what a layer has below a symlink of a lower layer to where the symlink leads, inside the root.
 *
 * A layer may name one file by two paths this way, which it must not (layer.md, "Distributable Format": no duplicate
 * entries). The path without symlinks wins then.
 */
import { CtrbuildError } from '../errors.ts'
import { type Draft, openFolder } from './draft.ts'
import { type ByteString, compareBytes, type Dir, type Node } from './node.ts'
import { checkDepth, joinPath, type Names, quoted } from './path.ts'
import { type Seen, viewStack } from './stack.ts'
import { namesOf, type Step, type View, walk } from './walk.ts'
import { bringsNothing, isWhiteout } from './whiteout.ts'

/**
 * Moves implied directories that lie on a symlink or a file of the layers below.
 * Whiteouts go first and by what the layers below have alone, "regardless of the ordering in which the whiteout file
 * was encountered" (layer.md, "Whiteouts"); then the rest goes by what the layer and those below show together.
 * @throws CtrbuildError LAYER_CONFLICT, LAYER_LIMIT
 */
export function moveMisplaced(draft: Draft, below: readonly Dir[], misplaced: readonly Names[]): void {
  const inOrder = misplaced.toSorted((a, b) => compareBytes(joinPath(a), joinPath(b)))
  const taken = inOrder.map(names => ({ names, dir: takeOut(draft, names) }))
  const lower = viewStack(below)
  for (const { names, dir } of taken) graftWhiteouts(draft, lower, names, dir)
  const view = viewStack([...below, draft.root])
  for (const { names, dir } of taken) graftImplied(draft, view, names, dir)
}

function takeOut(draft: Draft, names: Names): Dir {
  const parent = openFolder(draft, names.slice(0, -1))
  const dir = parent?.children.get(names.at(-1)!)
  if (dir?.kind !== 'dir') throw new Error(`${joinPath(names)} is not a directory of the layer`)
  parent!.children.delete(names.at(-1)!)
  return dir
}

/** Puts the whiteouts of an implied directory, and of those that it implies in turn, where its path leads below. */
function graftWhiteouts(draft: Draft, lower: View<Seen>, names: Names, dir: Dir): void {
  const trail = walk(lower, names, true)
  const hasTarget = trail !== undefined && blockOf(trail) < 0
  for (const [name, node] of dir.children) {
    if (node.kind === 'dir' && node.implied) graftWhiteouts(draft, lower, [...names, name], node)
    else if (hasTarget && isWhiteout(name, node)) graftItem(draft, namesOf(trail), name, node)
  }
}

function graftImplied(draft: Draft, view: View<Seen>, names: Names, dir: Dir): void {
  const path = joinPath(names)
  const trail = walk(view, names, true)
  if (trail === undefined) {
    throw new CtrbuildError('LAYER_CONFLICT', `the symlinks of ${quoted(path)} go in circles`)
  }
  const block = blockOf(trail)
  if (block < 0) {
    graft(draft, view, namesOf(trail), dir)
  } else if (!bringsNothing(dir)) {
    const file = joinPath(namesOf(trail).slice(0, block + 1))
    const message = `${quoted(path)} has files, but ${quoted(file)} below is not a directory`
    const hint = 'The layer was made for other layers than those below it'
    throw new CtrbuildError('LAYER_CONFLICT', message, { hint })
  }
}

/** Where in a trail something is in the way that is no directory; -1 where nothing is. */
function blockOf(trail: readonly Step<Seen>[]): number {
  return trail.findIndex(({ at }) => at !== undefined && at.kind !== 'merged')
}

/** Lays what a directory brings over the draft's directory at a real path. */
function graft(draft: Draft, view: View<Seen>, at: Names, dir: Dir): void {
  for (const [name, node] of [...dir.children].sort((a, b) => compareBytes(a[0], b[0]))) {
    const names = [...at, name]
    if (node.kind === 'dir' && node.implied) graftImplied(draft, view, names, node)
    else if (node.kind === 'dir') graftListed(draft, view, names, node)
    else if (!isWhiteout(name, node) || !dir.implied) graftItem(draft, at, name, node)
  }
}

/** Makes a path a directory that the layer lists, unless the layer has something else there. */
function graftListed(draft: Draft, view: View<Seen>, names: Names, dir: Dir): void {
  const folder = openFolder(draft, names)
  if (folder === undefined) return
  checkDepth(names.length, joinPath(names))
  if (folder.implied) {
    folder.meta = dir.meta
    folder.implied = false
  }
  graft(draft, view, names, dir)
}

function graftItem(draft: Draft, at: Names, name: ByteString, node: Node): void {
  checkDepth(at.length + 1, joinPath(at))
  const folder = openFolder(draft, at)
  const existing = folder?.children.get(name)
  const isFree = existing === undefined || (existing.kind === 'dir' && bringsNothing(existing))
  if (isFree) folder?.children.set(name, node)
}
