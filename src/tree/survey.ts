/** What in a layer's tree cannot be understood without the layers below it. */
import type { ByteString, Dir } from './node.ts'
import type { Names } from './path.ts'
import { childOf, type Merged, viewStack } from './stack.ts'
import { hidesBelow, isWhiteout } from './whiteout.ts'

/** Paths of a layer's tree that lower layers decide about. */
export interface Loose {
  /** Directories that are only implied, where lower layers have a symlink or a file. None is inside another. */
  readonly misplaced: Names[]
  /** Directories implied for the sake of whiteouts, where lower layers have nothing. Inner ones come first. */
  readonly bare: Names[]
  /** Hard links to files of lower layers. */
  readonly links: Names[]
}

/** Looks through a layer's tree; `below` are the layers under it, settled, lowest first. */
export function survey(layer: Dir, below: readonly Dir[]): Loose {
  const loose: Loose = { misplaced: [], bare: [], links: [] }
  surveyDir(layer, viewStack(below).root, [], loose)
  return loose
}

/** True where the directory brings anything but whiteouts. `path` is that of the directory, and as it was on return. */
function surveyDir(dir: Dir, below: Merged | undefined, path: ByteString[], loose: Loose): boolean {
  let bringsSomething = !dir.implied
  for (const [name, node] of dir.children) {
    if (isWhiteout(name, node)) continue
    if (node.kind !== 'dir') {
      bringsSomething = true
      if (node.kind === 'link') loose.links.push([...path, name])
      continue
    }
    path.push(name)
    const under = below === undefined || hidesBelow(dir, name) ? undefined : childOf(below, name)
    if (surveyChild(node, under, path, loose)) bringsSomething = true
    path.pop()
  }
  return bringsSomething
}

function surveyChild(dir: Dir, under: ReturnType<typeof childOf>, path: ByteString[], loose: Loose): boolean {
  if (dir.implied && under !== undefined && under.kind !== 'merged') {
    loose.misplaced.push([...path])
    return true
  }
  const bringsSomething = surveyDir(dir, under?.kind === 'merged' ? under : undefined, path, loose)
  if (!bringsSomething && under === undefined) loose.bare.push([...path])
  return bringsSomething
}
