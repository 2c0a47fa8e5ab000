/** The `mounts` of a bundle as a list: what can only be seen of all of them together. */
import type { Node } from './document.ts'
import type { Findings } from './findings.ts'
import { describe, readValue } from './issues.ts'
import { mountSchema } from './mount-schema.ts'
import { type Path, quote } from './problem.ts'
import type { MountSpec } from './types.ts'

/** Reads the whole list, each entry on its own, so that one mistake does not hide another. */
export function readMounts(node: Node, path: Path, findings: Findings): readonly MountSpec[] | undefined {
  if (node.kind !== 'list') {
    findings.error(path, `must be a list, found ${describe(node)}`, { hint: 'Begin each mount with "- "' })
    return undefined
  }
  const mounts = node.items.map((item, i) => readValue(mountSchema, item, [...path, i], findings))
  checkTargets(mounts, path, findings)
  return mounts.every(mount => mount !== undefined) ? mounts : undefined
}

/** Targets as a tree of their names: which mount is at a place, and which is the last one below it. */
interface Place {
  at: number | undefined
  below: number | undefined
  readonly children: Map<string, Place>
}

function checkTargets(mounts: readonly (MountSpec | undefined)[], path: Path, findings: Findings): void {
  const root = emptyPlace()
  for (const [i, mount] of mounts.entries()) {
    if (mount === undefined) continue
    const place = placeOf(root, mount.target, i)
    if (place.at !== undefined) {
      findings.error([...path, i], `has the target of mounts[${place.at}], ${quote(mount.target)}`)
    } else if (place.below !== undefined) {
      const claim = `lies over mounts[${place.below}], which is mounted before it`
      findings.warning([...path, i], 'MOUNT_HIDDEN', claim, 'Write the mount with the shorter target first')
    }
    place.at = i
  }
}

/** Finds or makes the place of a target, and leaves word of the mount in all places above it. */
function placeOf(root: Place, target: string, mount: number): Place {
  let place = root
  for (const name of target.split('/').slice(1)) {
    place.below = mount
    const child = place.children.get(name) ?? emptyPlace()
    place.children.set(name, child)
    place = child
  }
  return place
}

function emptyPlace(): Place {
  return { at: undefined, below: undefined, children: new Map() }
}
