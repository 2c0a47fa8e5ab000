/** The folder of layer blobs on their way into the store: `sha256/HEX`, each complete from the moment it is there. */
import { link, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CtrbuildError, isErrno } from '../errors.ts'
import type { LockedLayer } from '../lock/types.ts'
import { type DiffId, type Digest, hexOf } from '../oci/digest.ts'
import { diskError } from '../sys/failure.ts'

/** The blobs in a folder. */
export interface BlobFolder {
  /** Absolute path of the whole folder. */
  readonly path: string
  /** Where a layer's blob lies, if it does. One of another size than promised is removed. */
  find(layer: LockedLayer): Promise<string | undefined>
  /**
   * Takes a complete blob in by a hard link, and gives its new path. One that is there already is kept.
   * @throws CtrbuildError DIGEST_MISMATCH for a size that is not the promised one
   */
  adopt(layer: LockedLayer, name: Digest | DiffId, file: string): Promise<string>
}

/** The blobs in a folder that need not be there yet. */
export function blobFolder(path: string): BlobFolder {
  const placeOf = (name: Digest | DiffId) => join(path, 'sha256', hexOf(name))
  return {
    path,
    async find(layer) {
      for (const name of namesOf(layer)) {
        const size = await sizeOf(placeOf(name))
        if (size === undefined) continue
        if (hasPromisedSize(layer, name, size)) return placeOf(name)
        await rm(placeOf(name), { force: true })
      }
      return undefined
    },
    async adopt(layer, name, file) {
      const { size } = await stat(file)
      if (!hasPromisedSize(layer, name, size)) throw wrongSize(layer, size)
      await mkdir(join(path, 'sha256'), { recursive: true, mode: 0o700 })
      await link(file, placeOf(name)).catch(error => {
        if (!isErrno(error, 'EEXIST')) throw diskError(error, `cannot keep layer ${layer.digest}`)
      })
      return placeOf(name)
    },
  }
}

/** The names a layer's blob may have: that of the blob as it was sent, or that of the uncompressed tar. */
export function namesOf(layer: LockedLayer): readonly (Digest | DiffId)[] {
  return hexOf(layer.digest) === hexOf(layer.diffId) ? [layer.digest] : [layer.digest, layer.diffId]
}

/** How large the uncompressed tar is, nobody promised. */
function hasPromisedSize(layer: LockedLayer, name: Digest | DiffId, size: number): boolean {
  return name !== layer.digest || size === layer.size
}

/** Size of a regular file; undefined where there is nothing. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
    return undefined
  }
}

function wrongSize(layer: LockedLayer, size: number): CtrbuildError {
  return new CtrbuildError(
    'DIGEST_MISMATCH',
    `layer ${layer.digest} has ${size} bytes, but ${layer.size} were promised`,
  )
}
