/**
 * The gate for names that come from archives: raw bytes in, components that cannot lead out of the root.
 * Everything behind it works on components and checks nothing again.
 */
import { CtrbuildError } from '../errors.ts'
import { raiseHint, type TreeLimits } from './limits.ts'
import { type ByteString, display, WHITEOUT } from './node.ts'

/** Components of a path from the root, none of them empty, `.` or `..`. The root itself has none. */
export type Names = readonly ByteString[]

/**
 * Names of one path, wherever a tree grows: no more fit into the kernel's PATH_MAX of 4096 bytes, and walks over trees
 * may recurse. Layers are held to less (`TreeLimits.depth`).
 */
export const MAX_DEPTH = 2047
/** The kernel's NAME_MAX. */
const MAX_NAME = 255

/**
 * The components of an archive member's path. A leading `/` and any `.` are left out; `..` is refused, not resolved.
 * @throws CtrbuildError TAR_INVALID, LAYER_LIMIT
 */
export function parseEntryPath(raw: ByteString): Names {
  if (raw === '') throw new CtrbuildError('TAR_INVALID', 'the layer has an entry without a name')
  const names = raw.split('/').filter(name => name !== '' && name !== '.')
  for (const name of names) checkEntryName(name, raw)
  checkDepth(names.length, raw)
  return names
}

/**
 * Refuses a component that no file can have, or that could be taken for a whiteout of `.` or `..`
 * (layer.md, "Whiteouts": the prefix is followed by the name of the path to be deleted).
 * @throws CtrbuildError TAR_INVALID, LAYER_LIMIT
 */
export function checkEntryName(name: ByteString, path: ByteString): void {
  if (name === '..') throw invalidPath(path, 'leads out of its directory by ".."')
  if (name.includes('\0')) throw invalidPath(path, 'has a NUL byte')
  if (name.length > MAX_NAME) {
    throw new CtrbuildError(
      'LAYER_LIMIT',
      `${quoted(path)} has a name of ${name.length} bytes, more than ${MAX_NAME}`,
    )
  }
  if (!name.startsWith(WHITEOUT) || name.length > WHITEOUT.length + 2) return
  const removed = name.slice(WHITEOUT.length)
  if (removed === '' || removed === '.' || removed === '..') {
    throw invalidPath(path, `is a whiteout of ${removed === '' ? 'nothing' : `"${removed}"`}`)
  }
}

/** @throws CtrbuildError LAYER_LIMIT */
export function checkDepth(
  depth: number,
  path: ByteString,
  limits: Pick<TreeLimits, 'depth'> = { depth: MAX_DEPTH },
): void {
  if (depth <= limits.depth) return
  const message = `${quoted(path)} is more than ${limits.depth} directories deep`
  throw new CtrbuildError(
    'LAYER_LIMIT',
    message,
    limits.depth < MAX_DEPTH ? { hint: raiseHint('depth') } : {},
  )
}

/** Components of a symlink's target or of any other path that may hold `.` and `..`: `..` is kept, `.` is left out. */
export function splitPath(path: ByteString): Names {
  return path.split('/').filter(name => name !== '' && name !== '.')
}

/** Components as a path without a leading slash; the root is the empty path. */
export function joinPath(names: Names): ByteString {
  return names.join('/')
}

/** A path from an image as it is shown in messages. */
export function quoted(path: ByteString): string {
  const shown = display(path)
  return shown.length <= 200 ? `"${shown}"` : `"${shown.slice(0, 200)}…"`
}

function invalidPath(path: ByteString, why: string): CtrbuildError {
  return new CtrbuildError('TAR_INVALID', `the path ${quoted(path)} ${why}`, {
    hint: 'No sound tool writes such a layer; do not use the image',
  })
}
