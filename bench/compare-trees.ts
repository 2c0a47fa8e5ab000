/** Whether two root file systems are the same, so that nobody is fast by doing less. */
import { lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

const WHITEOUT = /(^|\/)\.wh\.([^/]+)$/

/** What kind of thing each path is, a file's size and a link's target. */
export type Tree = ReadonlyMap<string, string>

/** The tree below a folder, which may itself be a link. */
export function readTree(root: string): Tree {
  const tree = new Map<string, string>()
  addFolder(tree, realpathSync(root), '')
  return tree
}

/** What a tree is when the whiteouts in it are obeyed: an extractor that knows no whiteouts leaves them. */
export function obeyed(tree: Tree): Tree {
  const result = new Map(tree)
  for (const path of tree.keys()) {
    if (!WHITEOUT.test(path)) continue
    result.delete(path)
    result.delete(path.replace(WHITEOUT, '$1$2'))
  }
  return result
}

/** The paths at which two trees differ. */
export function differences(one: Tree, other: Tree): string[] {
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter(path => one.get(path) !== other.get(path))
    .sort()
}

function addFolder(tree: Map<string, string>, root: string, folder: string): void {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) {
      tree.set(path, 'dir')
      addFolder(tree, root, path)
    } else if (entry.isSymbolicLink()) tree.set(path, `link ${readlinkSync(join(root, path))}`)
    else tree.set(path, `${entry.isFile() ? 'file' : 'special'} ${lstatSync(join(root, path)).size}`)
  }
}
