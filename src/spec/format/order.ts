/** Where a value of bundles.yaml stands decides its form: the order of its keys, and whether it may stand in brackets. */
import { bundleFields } from '../fields.ts'
import type { Path } from '../problem.ts'
import { headerFields, imageFields } from '../schema.ts'

const FILE = [...Object.keys(headerFields), 'images', 'defaults', 'bundles']
const IMAGE = Object.keys(imageFields)
const BUNDLE = Object.keys(bundleFields)
const MOUNT = ['type', 'source', 'target']

/** Keys of the mapping at a path that come first, in this order. */
export function leadingKeys(path: Path): readonly string[] {
  const [top] = path
  if (path.length === 0) return FILE
  if (top === 'defaults') return inBundle(path.slice(1))
  if (top === 'images' && path.length === 2) return IMAGE
  if (top === 'bundles' && path.length >= 2) return inBundle(path.slice(2))
  return []
}

function inBundle(path: Path): readonly string[] {
  if (path.length === 0) return BUNDLE
  return path.length === 2 && path[0] === 'mounts' ? MOUNT : []
}

/** True where a mapping may not stand in braces: an `image` in it has to be on a line of its own. */
export function isAlwaysBlock(path: Path): boolean {
  const [top] = path
  if (path.length === 0) return true
  if (top === 'defaults') return path.length === 1
  return (top === 'images' || top === 'bundles') && path.length <= 2
}

/** True for the value that programs look for which update images. */
export function isImage(path: Path): boolean {
  const [top] = path
  const isOwn = (top === 'images' || top === 'bundles') && path.length === 3
  return path.at(-1) === 'image' && (isOwn || (top === 'defaults' && path.length === 2))
}
