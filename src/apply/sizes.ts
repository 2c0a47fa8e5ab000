/** How much root file systems take, and how much of it they share. */
import type { ChainId } from '../oci/digest.ts'
import type { Dir } from '../tree/node.ts'
import { filesIn } from './space.ts'

/** Bytes of file content of one root file system. */
export interface Size {
  /** On its own, hard links within it counted once. */
  readonly total: number
  /** That no other bundle has. */
  readonly unique: number
  /** That others have too. */
  readonly shared: number
}

/** Sizes of several root file systems. */
export interface Sizes {
  readonly byName: ReadonlyMap<string, Size>
  /** Sum of the totals. */
  readonly separate: number
  /** Each content once. */
  readonly stored: number
}

/** Sizes of bundles by name. Bundles of the same chain have the same tree, which is looked at once. */
export function sizesOf(bundles: ReadonlyMap<string, ChainId>, trees: ReadonlyMap<ChainId, Dir>): Sizes {
  const uses = new Map<ChainId, number>()
  for (const chainId of bundles.values()) uses.set(chainId, (uses.get(chainId) ?? 0) + 1)
  const holders = new Map<string, { size: number; bundles: number }>()
  const contents = new Map<ChainId, ReadonlyMap<string, number>>()
  let separate = 0
  for (const [chainId, count] of uses) {
    const files = [...filesIn(trees.get(chainId)!)]
    contents.set(chainId, new Map(files.map(file => [file.checksum, file.size])))
    for (const [checksum, size] of contents.get(chainId)!) {
      const known = holders.get(checksum)
      if (known === undefined) holders.set(checksum, { size, bundles: count })
      else known.bundles += count
    }
    separate += count * sum(files.map(file => file.size))
  }
  const sizes = new Map([...contents].map(([chainId, files]) => [chainId, sizeOf(files, holders)]))
  return {
    byName: new Map([...bundles].map(([name, chainId]) => [name, sizes.get(chainId)!])),
    separate,
    stored: sum([...holders.values()].map(({ size }) => size)),
  }
}

function sizeOf(
  files: ReadonlyMap<string, number>,
  holders: ReadonlyMap<string, { readonly bundles: number }>,
): Size {
  const unique = sum(
    [...files].filter(([checksum]) => holders.get(checksum)!.bundles === 1).map(([, size]) => size),
  )
  const total = sum([...files.values()])
  return { total, unique, shared: total - unique }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
