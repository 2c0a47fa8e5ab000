/**
 * Makes layers independent of the symlinks and files below them, so that merging them is a matter of names alone.
 *
 * "The archive is extracted like a regular tar archive" (layer.md, "Applying Changesets"): a file whose directory is
 * not in the layer goes where that path leads in the layers below, and a hard link may name one of their files. Both
 * are looked up inside the root.
 */
import { CtrbuildError } from '../errors.ts'
import { type Draft, draftOf, openFolder } from './draft.ts'
import { moveMisplaced } from './graft.ts'
import type { Dir, File, Link, Special, Symlink } from './node.ts'
import { joinPath, type Names, quoted, splitPath } from './path.ts'
import { type Seen, viewStack } from './stack.ts'
import { survey } from './survey.ts'
import { type View, walk } from './walk.ts'

/**
 * Settles a stack of layers, lowest first.
 * @throws CtrbuildError LAYER_CONFLICT, LAYER_LIMIT
 */
export function settle(layers: readonly Dir[]): readonly Dir[] {
  const settled: Dir[] = []
  for (const layer of layers) settled.push(settleLayer(layer, settled))
  return settled
}

/**
 * Settles one layer on those below it, which are settled, lowest first. A layer that nothing below touches is returned
 * as it is. In a settled layer each directory lies on a directory or on nothing, and no Link is left but as a whiteout.
 * @throws CtrbuildError LAYER_CONFLICT, LAYER_LIMIT
 */
export function settleLayer(layer: Dir, below: readonly Dir[]): Dir {
  const loose = survey(layer, below)
  if (loose.misplaced.length + loose.bare.length + loose.links.length === 0) return layer
  const draft = draftOf(layer)
  moveMisplaced(draft, below, loose.misplaced)
  const { bare, links } = loose.misplaced.length === 0 ? loose : survey(draft.root, below)
  linkBelow(draft, [viewStack([...below, draft.root]), viewStack(below)], links)
  for (const names of bare) openFolder(draft, names.slice(0, -1))?.children.delete(names.at(-1)!)
  return draft.root
}

/** Puts the files that Links name in their place; `views` are asked in turn. */
function linkBelow(draft: Draft, views: readonly View<Seen>[], links: readonly Names[]): void {
  const known = new Map<Link, File | Symlink | Special>()
  for (const names of links) {
    const folder = openFolder(draft, names.slice(0, -1))
    const link = folder?.children.get(names.at(-1)!)
    if (link?.kind === 'link') folder!.children.set(names.at(-1)!, linkedBy(link, names, views, known))
  }
}

function linkedBy(
  link: Link,
  names: Names,
  views: readonly View<Seen>[],
  known: Map<Link, File | Symlink | Special>,
): File | Symlink | Special {
  const chain = new Set<Link>()
  let node: File | Symlink | Special | Link = link
  while (node.kind === 'link') {
    if (chain.has(node)) throw impossible(names, link, 'which is a hard link to it')
    chain.add(node)
    node = known.get(node) ?? lookUp(node, names, views)
  }
  for (const each of chain) known.set(each, node)
  return node
}

/**
 * A target is sought in the tree that the layer leaves behind, and then in the layers below by themselves: a layer that
 * moves a file by a link and a whiteout means the file that it removes. Symlinks are followed on the way only: a hard
 * link to a symlink is one more name for the symlink.
 */
function lookUp(link: Link, names: Names, views: readonly View<Seen>[]): File | Symlink | Special | Link {
  for (const view of views) {
    const trail = walk(view, splitPath(link.target), false)
    if (trail === undefined) throw impossible(names, link, 'where symlinks go in circles')
    const node = trail.at(-1)?.at
    if (node?.kind === 'merged') throw impossible(names, link, 'which is a directory')
    if (node !== undefined) return node
  }
  throw impossible(names, link, 'which neither this layer nor those below it have')
}

function impossible(names: Names, link: Link, why: string): CtrbuildError {
  return new CtrbuildError(
    'LAYER_CONFLICT',
    `${quoted(joinPath(names))} cannot be a hard link to ${quoted(link.target)}, ${why}`,
  )
}
