/** The difference of two trees: it is complete, it is minimal, and it names what changed. */
import { describe, expect, test } from 'vitest'
import { CtrbuildError } from '../../src/errors.ts'
import { diffTrees, type TreeChange } from '../../src/tree/diff.ts'
import { decodeListing, encodeListing } from '../../src/tree/listing.ts'
import { type ByteString, compareBytes, type Dir, type Node } from '../../src/tree/node.ts'
import { splitPath } from '../../src/tree/path.ts'
import { randomStack } from '../support/stack.ts'
import { entryOf, layer, layerOf, merge } from '../support/tree.ts'

const never = () => {
  throw new Error('the content need not be looked at')
}

function changes(before: string, after: string, sameContent: () => boolean = never): string[] {
  const trees = [before, after].map(text => merge([layer(text)]))
  return diffTrees(trees[0]!, trees[1]!, sameContent).map(change =>
    change.kind === 'changed'
      ? `${change.path} ${change.aspects.join(',')}`
      : `${change.kind} ${change.path}`,
  )
}

describe('one name', () => {
  test.each([
    ['content', 'f /a 644 one', 'f /a 644 two', ['/a content']],
    ['size', 'f /a 644 one', 'f /a 644 three', ['/a content,size']],
    ['size and mode', 'f /a 644 one', 'f /a 755 three', ['/a content,size,mode']],
    ['mode of an empty file', 'f /a 644', 'f /a 600', ['/a mode']],
    ['owner of a directory', 'd /a', 'd /a 755 @1:2', ['/a owner']],
    ['mode of the root', 'd / 755', 'd / 700', ['/ mode']],
    ['xattrs', 'd /a', 'd /a 755 +user.a=00', ['/a xattrs']],
    ['target', 'l /a b', 'l /a c', ['/a target']],
    ['owner of a link', 'l /a b', 'l /a @1:1 b', ['/a owner']],
    ['nothing', 'f /a 644 one', 'f /a 644 one', []],
  ])('%s', (_name, before, after, expected) => {
    expect(changes(before, after)).toEqual(expected)
  })

  test('content is asked about where the checksum cannot say', () => {
    expect(changes('f /a 644 one', 'f /a 600 one', () => true)).toEqual(['/a mode'])
    expect(changes('f /a 644 one', 'f /a 600 two', () => false)).toEqual(['/a content,mode'])
  })

  test('another type: what stood below is gone, what stands below now is new', () => {
    expect(changes('d /a\nf /a/b', 'f /a 644 x')).toEqual(['/a type', 'removed /a/b'])
    expect(changes('f /a 644 x', 'd /a\nf /a/b')).toEqual(['/a type', 'added /a/b'])
    expect(changes('l /a b', 'f /a')).toEqual(['/a type'])
  })

  test('bytes are bytes', () => {
    expect(changes('f /\\xff\\x1b[31m 644 x', 'f /\\xfe')).toEqual(['added /\xfe', 'removed /\xff\x1b[31m'])
  })
})

describe('random trees', () => {
  const stacks = Array.from({ length: 300 }, (_, at) => ({ seed: at + 1, trees: prefixes(at + 1) }))

  /** The unions of a random stack's lowest layers: trees that have much in common, and much that has not. */
  function prefixes(seed: number): Dir[] {
    const stack = randomStack(seed)
    return stack.flatMap((_, i) => {
      try {
        return [merge(stack.slice(0, i + 1).map(members => layerOf(members.map(entryOf))))]
      } catch (error) {
        if (error instanceof CtrbuildError) return []
        throw error
      }
    })
  }

  const pairs = stacks.flatMap(({ seed, trees }) =>
    trees.flatMap((before, i) =>
      trees.slice(i).flatMap(after => [
        { seed, before, after },
        { seed, before: after, after: before },
      ]),
    ),
  )

  test('there are many', () => expect(pairs.length).toBeGreaterThan(1000))

  test('a tree does not differ from itself, read back either', () => {
    for (const { before } of pairs) {
      expect(diffTrees(before, before, never)).toEqual([])
      expect(diffTrees(before, decodeListing(encodeListing(before)), never)).toEqual([])
    }
  })

  test('what it says, done to the first tree, gives the second', () => {
    for (const { seed, before, after } of pairs) {
      const difference = diffTrees(before, after, () => false)
      expect(flat(applied(before, difference)), `seed ${seed}`).toEqual(flat(after))
    }
  })

  test('backwards it says the opposite, in the same order', () => {
    for (const { seed, before, after } of pairs) {
      const there = diffTrees(before, after, () => false).map(({ kind, path }) => `${kind} ${path}`)
      const back = diffTrees(after, before, () => false).map(({ kind, path }) => `${OPPOSITE[kind]} ${path}`)
      expect(back, `seed ${seed}`).toEqual(there)
    }
  })

  test('it names each path once, and none that is the same', () => {
    for (const { seed, before, after } of pairs) {
      const [old, now] = [flat(before), flat(after)]
      const paths = diffTrees(before, after, () => false).map(({ path }) => path)
      const different = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
        path => old[path] !== now[path],
      )
      expect(paths.toSorted(compareBytes), `seed ${seed}`).toEqual(different.sort(compareBytes))
    }
  })
})

test('the order is that of a walk: a directory, then what is in it', () => {
  expect(changes('d /z', 'd /a\nf /a/b\nf /a.b\nd /z 700')).toEqual([
    'added /a',
    'added /a/b',
    'added /a.b',
    '/z mode',
  ])
})

const OPPOSITE = { added: 'removed', removed: 'added', changed: 'changed' } as const

interface Folder {
  node: Node
  readonly children: Map<ByteString, Folder>
}

/** Does what a difference says, without looking at the tree that it leads to. */
function applied(before: Dir, difference: readonly TreeChange[]): Dir {
  const root = opened(before)
  for (const change of difference) {
    const names = splitPath(change.path)
    const name = names.at(-1)
    const parent = names.slice(0, -1).reduce<Folder | undefined>((at, next) => at?.children.get(next), root)
    if (change.kind === 'removed') parent?.children.delete(name!)
    else if (change.kind === 'added') parent!.children.set(name!, { node: change.after, children: new Map() })
    else if (name === undefined) root.node = change.after
    else parent!.children.get(name)!.node = change.after
  }
  return closed(root) as Dir
}

function opened(node: Node): Folder {
  const children = node.kind === 'dir' ? [...node.children] : []
  return { node, children: new Map(children.map(([name, child]) => [name, opened(child)])) }
}

function closed({ node, children }: Folder): Node {
  if (node.kind !== 'dir') return node
  return { ...node, children: new Map([...children].map(([name, child]) => [name, closed(child)])) }
}

/** A tree as facts by path, without hard links. */
function flat(root: Dir): Record<ByteString, string> {
  const facts: Record<ByteString, string> = {}
  const visit = (path: ByteString, node: Node) => {
    if (node.kind === 'link' || node.kind === 'special') throw new Error('not in a merged tree')
    const { uid, gid, mode, xattrs } = node.meta
    const own = node.kind === 'file' ? node.checksum : node.kind === 'symlink' ? node.target : ''
    facts[path] = JSON.stringify([node.kind, uid, gid, node.kind === 'symlink' ? 0 : mode, xattrs, own])
    if (node.kind === 'dir')
      for (const [name, child] of node.children) visit(path === '/' ? `/${name}` : `${path}/${name}`, child)
  }
  visit('/', root)
  return facts
}
