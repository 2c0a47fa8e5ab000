/** Which names of a tree some objects stand behind. */
import type { Checksum } from '../ostree/types.ts'
import type { ByteString, Dir } from '../tree/node.ts'

/** The paths of a tree's regular files that are wanted, by their objects. */
export function pathsOfObjects(
  root: Dir,
  isWanted: (checksum: Checksum) => boolean,
): ReadonlyMap<Checksum, readonly ByteString[]> {
  const found = new Map<Checksum, ByteString[]>()
  const pending: [Dir, ByteString][] = [[root, '']]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [dir, prefix] = next
    for (const [name, node] of dir.children) {
      if (node.kind === 'dir') pending.push([node, `${prefix}${name}/`])
      if (node.kind !== 'file' || !isWanted(node.checksum as Checksum)) continue
      const checksum = node.checksum as Checksum
      found.set(checksum, [...(found.get(checksum) ?? []), prefix + name])
    }
  }
  return found
}
