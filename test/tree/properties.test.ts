/** What holds for every stack of layers, on random ones. The seed of a failure is in its message. */
import { describe, expect, test } from 'vitest'
import { CtrbuildError } from '../../src/errors.ts'
import { TREE_LIMITS } from '../../src/tree/limits.ts'
import { openListing } from '../../src/tree/listed.ts'
import { decodeListing, encodeListing } from '../../src/tree/listing.ts'
import type { Dir } from '../../src/tree/node.ts'
import { MAX_DEPTH } from '../../src/tree/path.ts'
import { settle, settleLayer } from '../../src/tree/settle.ts'
import { countTree } from '../../src/tree/stats.ts'
import { union, unionAdd } from '../../src/tree/union.ts'
import { naiveUnion } from '../support/naive-union.ts'
import { randomOf } from '../support/random.ts'
import { randomStack } from '../support/stack.ts'
import { hasContradiction, hasLinkToRemoved, inSafeOrder } from '../support/stack-shape.ts'
import type { TarInput } from '../support/tar-writer.ts'
import { entries, entryOf, layerOf, merge, show } from '../support/tree.ts'

interface Case {
  readonly seed: number
  readonly stack: readonly TarInput[][]
  /** Undefined where the stack has no union. */
  readonly layers: readonly Dir[] | undefined
}

const CASES = Array.from({ length: Number(process.env.STACKS ?? 300) }, (_, at): Case => {
  const seed = at + Number(process.env.SEED ?? 1)
  const stack = randomStack(seed)
  return { seed, stack, layers: layersOf(stack) }
})

/** Checks each stack's layers that have a union. */
function holds(
  name: string,
  check: (layers: readonly Dir[], stack: readonly TarInput[][], seed: number) => void,
): void {
  test(name, { timeout: 60_000 }, () => {
    for (const { seed, stack, layers } of CASES) if (layers !== undefined) check(layers, stack, seed)
  })
}

function layersOf(stack: readonly (readonly TarInput[])[]): readonly Dir[] | undefined {
  try {
    const layers = stack.map(members => layerOf(members.map(entryOf)))
    settle(layers)
    return layers
  } catch (error) {
    if (error instanceof CtrbuildError) return undefined
    throw error
  }
}

describe('the union', () => {
  test('most random stacks have one', () => {
    expect(CASES.filter(({ layers }) => layers !== undefined).length).toBeGreaterThan(CASES.length * 0.8)
  })

  holds('is the same from both ends', (layers, _stack, seed) => {
    const settled = settle(layers)
    expect(show(unionAdd(settled)), `seed ${seed}`).toBe(show(union(settled)))
  })

  holds('has no whiteouts, links or implied directories', (layers, _stack, seed) => {
    expect(oddities(merge(layers)), `seed ${seed}`).toEqual([])
  })

  test('is what a simple model comes to', { timeout: 60_000 }, () => {
    for (const { seed, stack, layers } of CASES) {
      if (hasContradiction(stack) || hasLinkToRemoved(stack)) continue
      const model = naiveUnion(inSafeOrder(stack).map(members => members.map(entryOf)))
      const expected = model === undefined ? 'refused' : show(model)
      expect(layers === undefined ? 'refused' : show(merge(layers)), `seed ${seed}`).toBe(expected)
    }
  })

  holds('does not depend on the order of entries in a layer', (layers, stack, seed) => {
    if (hasContradiction(stack)) return
    const { shuffle } = randomOf(seed)
    const shuffled = layersOf(stack.map(members => shuffle(members)))
    expect(shuffled && show(merge(shuffled)), `seed ${seed}`).toBe(show(merge(layers)))
  })

  holds('does not depend on the order of whiteouts, whatever else a layer does', (layers, stack, seed) => {
    const isWhiteout = ({ path }: TarInput): boolean => /(^|\/)\.wh\.[^/]*$/.test(path)
    const rest = stack.map(members => members.filter(member => !isWhiteout(member)))
    const first = layersOf(stack.map((members, at) => [...members.filter(isWhiteout), ...rest[at]!]))
    const last = layersOf(stack.map((members, at) => [...rest[at]!, ...members.filter(isWhiteout)]))
    expect(first && show(merge(first)), `seed ${seed}`).toBe(show(merge(layers)))
    expect(last && show(merge(last)), `seed ${seed}`).toBe(show(merge(layers)))
  })

  holds('of the union of the lower layers and the rest is the same', (layers, _stack, seed) => {
    const lower = merge(layers.slice(0, 2))
    expect(show(merge([lower, ...layers.slice(2)])), `seed ${seed}`).toBe(show(merge(layers)))
  })
})

describe('settling', () => {
  holds('is done once', (layers, _stack, seed) => {
    const settled = settle(layers)
    settled.forEach((layer, at) => {
      expect(settleLayer(layer, settled.slice(0, at)), `seed ${seed}`).toBe(layer)
    })
  })

  holds('leaves the layers as they are', (layers, _stack, seed) => {
    const before = layers.map(show)
    settle(layers)
    expect(layers.map(show), `seed ${seed}`).toEqual(before)
  })
})

describe('a listing', () => {
  holds('gives back every layer and every union', (layers, _stack, seed) => {
    for (const tree of [...layers, merge(layers)]) {
      const text = encodeListing(tree)
      const again = decodeListing(text)
      expect(show(again), `seed ${seed}`).toBe(show(tree))
      expect(encodeListing(again), `seed ${seed}`).toBe(text)
      expect(show(openListing(text)), `seed ${seed}`).toBe(show(unlinked(tree)))
    }
  })

  holds('of each layer leads to the same union', (layers, _stack, seed) => {
    const decoded = layers.map(layer => decodeListing(encodeListing(layer)))
    expect(show(merge(decoded)), `seed ${seed}`).toBe(show(merge(layers)))
  })
})

test('the deepest trees that there may be are no trouble', () => {
  const path = 'd/'.repeat(MAX_DEPTH - 1)
  const limits = { ...TREE_LIMITS, depth: MAX_DEPTH }
  const layers = [
    layerOf(entries(`f /${path}f\n l /l ${path}`), limits),
    layerOf(entries(`d /${path} 700\n f /l/g\n f /l/.wh.f`), limits),
  ]
  const root = merge(layers)
  expect(show(root).endsWith(`d /${path.slice(0, -1)} 700\nf /${path}g 644\nl /l ${path}`)).toBe(true)
  expect(encodeListing(decodeListing(encodeListing(root)))).toBe(encodeListing(root))
  expect(countTree(root).entries).toBe(MAX_DEPTH + 1)
})

function oddities(dir: Dir): string[] {
  const inner = [...dir.children].flatMap(([name, node]) => {
    if (node.kind === 'dir') return oddities(node)
    return node.kind === 'link' || name.startsWith('.wh.') ? [name] : []
  })
  return dir.implied ? ['implied', ...inner] : inner
}

/** The same tree with no file that is the same as another one. */
function unlinked(dir: Dir): Dir {
  const children = [...dir.children].map(
    ([name, node]) => [name, node.kind === 'dir' ? unlinked(node) : { ...node }] as const,
  )
  return { ...dir, children: new Map(children) }
}
