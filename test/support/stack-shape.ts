/** Properties of stacks of layers that decide whether an extractor's answer depends on more than the specification. */
import { CtrbuildError } from '../../src/errors.ts'
import type { Dir, Symlink } from '../../src/tree/node.ts'
import { joinPath, type Names, splitPath } from '../../src/tree/path.ts'
import { settleLayer } from '../../src/tree/settle.ts'
import { type Seen, viewStack } from '../../src/tree/stack.ts'
import { union } from '../../src/tree/union.ts'
import { namesOf, type View, walk } from '../../src/tree/walk.ts'
import type { TarInput } from './tar-writer.ts'
import { entryOf, layerOf } from './tree.ts'

type Members = readonly TarInput[]

/** Two members that no tree has at once: one path named twice, or something below what is not a directory. */
export function contradicts(one: TarInput, other: TarInput): boolean {
  return collide(one, splitPath(one.path), other, splitPath(other.path))
}

/**
 * A layer with two such members, where symlinks of lower layers may make one path of two; or with a member that goes by a
 * symlink that the same layer makes, or that it takes away by another path.
 */
export function hasContradiction(stack: readonly Members[]): boolean {
  return someLayer(stack, (members, standing) => {
    const ways = members.map(member => wayTo(member, standing))
    const own = symlinksIn(standing.own)
    const left = symlinksIn(union(standing.settled))
    const takesAway = ways.some(({ isAlias, takes }) => isAlias && takes)
    return ways.some(
      (a, i) =>
        a.followed.some(symlink => own.has(symlink) || (takesAway && !left.has(symlink))) ||
        ways.some((b, j) => i < j && disagree(a, b)),
    )
  })
}

interface Way {
  readonly member: TarInput
  readonly text: Names
  readonly real: Names
  readonly isAlias: boolean
  /** Whether it may take away what lower layers have. */
  readonly takes: boolean
  /** The symlinks on the way there. */
  readonly followed: readonly Symlink[]
}

function wayTo(member: TarInput, { below, view }: Standing): Way {
  const text = splitPath(member.path)
  const parents = text.slice(0, -1)
  const real = realPath(view, text)
  return {
    member,
    text,
    real,
    isAlias: joinPath(text) !== joinPath(real),
    takes: text.at(-1)!.startsWith('.wh.') || walk(below, real, false)?.at(-1)?.at !== undefined,
    followed: [...followedOn(below, parents), ...followedOn(view, parents)],
  }
}

function disagree(a: Way, b: Way): boolean {
  return collide(a.member, a.text, b.member, b.text) || collide(a.member, a.real, b.member, b.real)
}

/** A layer with a hard link to a file that only the layers below have, and that is no longer there in the end. */
export function hasLinkToRemoved(stack: readonly Members[]): boolean {
  return someLayer(stack, (members, { below, settled }) =>
    members.some(({ type, target = '' }) => {
      if (type !== 'hardlink') return false
      const [before, after] = [below, viewStack(settled)].map(
        each => walk(each, splitPath(target), false)?.at(-1)?.at,
      )
      return before !== undefined && after === undefined
    }),
  )
}

/**
 * The layers with their members in an order in which every extractor understands them alike: from the root down by where
 * they really are, and in each directory whiteouts before what comes new; then symlinks, then files, and each hard link
 * after its target.
 */
export function inSafeOrder(stack: readonly Members[]): TarInput[][] {
  const ordered: TarInput[][] = []
  someLayer(stack, (members, { view }) => {
    ordered.push(layerInSafeOrder(members, view))
    return false
  })
  const rest = stack.slice(ordered.length)
  return [...ordered, ...rest.map(members => layerInSafeOrder(members, viewStack([])))]
}

function layerInSafeOrder(members: Members, view: View<Seen>): TarInput[] {
  const ranked = members.toSorted((a, b) => rankOf(view, a) - rankOf(view, b))
  return linksLast(ranked, path => joinPath(realPath(view, splitPath(path))))
}

function rankOf(view: View<Seen>, { path, type }: TarInput): number {
  const names = realPath(view, splitPath(path))
  if (names.at(-1)?.startsWith('.wh.')) return names.length - 0.5
  return type === 'dir' ? names.length : type === 'symlink' ? 10_000 : 20_000
}

function linksLast(members: Members, realOf: (path: string) => string): TarInput[] {
  const ordered = members.filter(member => member.type !== 'hardlink')
  const links = members.filter(member => member.type === 'hardlink')
  while (links.length > 0) {
    const pending = new Set(links.map(link => realOf(link.path)))
    const next = links.findIndex(link => !pending.has(realOf(link.target ?? '')))
    ordered.push(...links.splice(Math.max(next, 0), 1))
  }
  return ordered
}

function collide(one: TarInput, a: Names, other: TarInput, b: Names): boolean {
  const [above, below, top] = a.length <= b.length ? [a, b, one] : [b, a, other]
  if (!above.every((name, at) => below[at] === name)) return false
  return above.length === below.length || top.type !== 'dir'
}

function followedOn(view: View<Seen>, names: Names): Symlink[] {
  const followed: Symlink[] = []
  const watched: View<Seen> = {
    ...view,
    symlinkTarget: at => {
      if (at.kind === 'symlink') followed.push(at)
      return view.symlinkTarget(at)
    },
  }
  walk(watched, names, true)
  return followed
}

function symlinksIn(dir: Dir, found = new Set<Symlink>()): Set<Symlink> {
  for (const node of dir.children.values()) {
    if (node.kind === 'symlink') found.add(node)
    else if (node.kind === 'dir') symlinksIn(node, found)
  }
  return found
}

function realPath(view: View<Seen>, names: Names): Names {
  const trail = walk(view, names.slice(0, -1), true)
  return [...(trail === undefined ? names.slice(0, -1) : namesOf(trail)), ...names.slice(-1)]
}

/** A layer on top of those below it. */
interface Standing {
  readonly own: Dir
  readonly below: View<Seen>
  /** Of the layer, as it is, and those below it. */
  readonly view: View<Seen>
  /** All of them, settled, lowest first. */
  readonly settled: readonly Dir[]
}

function someLayer(
  stack: readonly Members[],
  holds: (members: Members, standing: Standing) => boolean,
): boolean {
  const settled: Dir[] = []
  for (const members of stack) {
    const own = orRefused(() => layerOf(members.map(entryOf)))
    if (own === undefined) {
      return members.some((one, i) => members.some((other, j) => i < j && contradicts(one, other)))
    }
    const layer = orRefused(() => settleLayer(own, settled))
    const [below, view] = [viewStack(settled), viewStack([...settled, own])]
    if (holds(members, { own, below, view, settled: [...settled, layer ?? own] })) return true
    if (layer === undefined) return false
    settled.push(layer)
  }
  return false
}

function orRefused(settling: () => Dir): Dir | undefined {
  try {
    return settling()
  } catch (error) {
    if (error instanceof CtrbuildError) return undefined
    throw error
  }
}
