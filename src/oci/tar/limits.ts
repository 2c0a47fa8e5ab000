/** How much of anything an archive may ask for, so that no layer can exhaust memory, disk or time. */
import { CtrbuildError } from '../../errors.ts'
import { raiseHint, TREE_LIMITS, type TreeLimits } from '../../tree/limits.ts'

/** Largest values that are let through. Those that are not Linux's own may be raised with `limits` in bundles.yaml. */
export interface TarLimits extends TreeLimits {
  /** Bytes of one pax header, of one GNU long name or of one sparse map; and of all global pax headers together. */
  readonly headerSize: number
  /** Bytes of a path or of a link's target. */
  readonly pathBytes: number
  /** Bytes between two slashes of a path or of a hard link's target. */
  readonly componentBytes: number
  /** Bytes of the archive, with sparse holes and each entry's extended attributes (a global header's too) written out. */
  readonly layerSize: number
  /** Bytes of one extended attribute's value. */
  readonly xattrBytes: number
}

/** Linux's own PATH_MAX, NAME_MAX and XATTR_SIZE_MAX (linux/limits.h); for the rest, what no honest layer needs. */
export const TAR_LIMITS: TarLimits = {
  ...TREE_LIMITS,
  headerSize: 1024 ** 2,
  pathBytes: 4096,
  componentBytes: 255,
  layerSize: 16 * 1024 ** 3,
  xattrBytes: 64 * 1024,
}

/**
 * Lets a count pass that keeps its limit.
 * @param offset where the header begins that asks for it
 * @throws CtrbuildError LAYER_LIMIT that names the limit
 */
export function checkLimit(limits: TarLimits, name: keyof TarLimits, count: number, offset: number): void {
  if (count <= limits[name]) return
  const message = `tar header at byte ${offset}: ${count} is past the limit ${name} of ${limits[name]}`
  const hint = RAISABLE.has(name) ? raiseHint(name) : 'No Linux file system has room for it'
  throw new CtrbuildError('LAYER_LIMIT', message, { hint })
}

const RAISABLE: ReadonlySet<string> = new Set<keyof TarLimits>(['headerSize', 'entries', 'layerSize'])

/** Checks the length of a path and of each of its components. */
export function checkPath(limits: TarLimits, path: string, offset: number): void {
  checkLimit(limits, 'pathBytes', path.length, offset)
  if (path.length <= limits.componentBytes) return
  for (const component of path.split('/')) checkLimit(limits, 'componentBytes', component.length, offset)
}
