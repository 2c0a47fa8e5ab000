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
import type { Seen } from './stack.ts'
import { namesOf, type View, walk } from './walk.ts'
import { bringsNothing, isWhiteout } from './whiteout.ts'

/**
 * Moves implied directories that lie on a symlink or a file of the layers below; `view` shows the draft on top of them.
 * @throws CtrbuildError LAYER_CONFLICT, LAYER_LIMIT
 */
export function moveMisplaced(draft: Draft, view: View<Seen>, misplaced: readonly Names[]): void {
  for (const names of misplaced.toSorted((a, b) => compareBytes(joinPath(a), joinPath(b)))) {
    const parent = openFolder(draft, names.slice(0, -1))
    const dir = parent?.children.get(names.at(-1)!)
    if (dir?.kind !== 'dir') continue
    const place = realPlace(view, names, dir)
    parent!.children.delete(names.at(-1)!)
    if (place !== undefined) graft(draft, view, place, dir)
  }
}

/** Where a directory's path really leads; undefined where that is a file and the directory has only whiteouts for it. */
function realPlace(view: View<Seen>, names: Names, dir: Dir): Names | undefined {
  const path = joinPath(names)
  const trail = walk(view, names, true)
  if (trail === undefined) {
    throw new CtrbuildError('LAYER_CONFLICT', `the symlinks of ${quoted(path)} go in circles`)
  }
  const blocked = trail.findIndex(step => step.at !== undefined && step.at.kind !== 'merged')
  const real = namesOf(trail)
  if (blocked < 0) return real
  if (bringsNothing(dir)) return undefined
  const file = joinPath(real.slice(0, blocked + 1))
  throw new CtrbuildError(
    'LAYER_CONFLICT',
    `${quoted(path)} has files, but ${quoted(file)} below is not a directory`,
    {
      hint: 'The layer was made for other layers than those below it',
    },
  )
}

/** Lays the children of a directory over the draft's directory at a real path. */
function graft(draft: Draft, view: View<Seen>, at: Names, dir: Dir): void {
  for (const [name, node] of whiteoutsFirst(dir)) {
    const names = [...at, name]
    checkDepth(names.length, joinPath(names))
    if (node.kind !== 'dir') {
      graftItem(draft, at, name, node)
    } else if (node.implied) {
      const place = realPlace(view, names, node)
      if (place !== undefined) graft(draft, view, place, node)
    } else if (describe(draft, names, node)) {
      graft(draft, view, names, node)
    }
  }
}

function whiteoutsFirst(dir: Dir): [ByteString, Node][] {
  const rank = ([name, node]: [ByteString, Node]): number => (isWhiteout(name, node) ? 0 : 1)
  return [...dir.children].sort((a, b) => rank(a) - rank(b) || compareBytes(a[0], b[0]))
}

function graftItem(draft: Draft, at: Names, name: ByteString, node: Node): void {
  const folder = openFolder(draft, at)
  const existing = folder?.children.get(name)
  const isFree = existing === undefined || (existing.kind === 'dir' && bringsNothing(existing))
  if (isFree) folder?.children.set(name, node)
}

/** Makes a path a directory that the layer lists. False where the layer has something else there. */
function describe(draft: Draft, names: Names, dir: Dir): boolean {
  const folder = openFolder(draft, names)
  if (folder?.implied) {
    folder.meta = dir.meta
    folder.implied = false
  }
  return folder !== undefined
}
