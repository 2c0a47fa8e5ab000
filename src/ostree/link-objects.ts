/** Hard links of objects, many in one go: the part of a checkout that several threads can share. */
import { linkSync } from 'node:fs'
import { isErrno } from '../errors.ts'
import { onDisk } from '../sys/byte-path.ts'
import type { ByteString } from '../tree/node.ts'
import { objectPath } from './checksum.ts'
import { missing } from './stored-content.ts'
import type { Checksum } from './types.ts'

/** Files to link, all of whose folders are there. */
export interface LinkJob {
  /** Folders that hold objects as `ab/cdef….file`, the likeliest first. */
  readonly objects: readonly ByteString[]
  /** What `paths` count from. */
  readonly destination: ByteString
  /** Below `destination`, with a slash in front. */
  readonly paths: readonly ByteString[]
  /** The object for each of the paths. */
  readonly checksums: readonly string[]
}

/** A path that the file system gave no link of its object, and the operating system's code. */
export interface Refusal {
  /** Its place among the paths. */
  readonly at: number
  readonly code: 'EMLINK' | 'EXDEV' | 'EPERM'
}

/**
 * Links each object to its path. Where the file system links none at all, it is asked once.
 * @throws CtrbuildError OBJECT_DAMAGED; the operating system's errors
 */
export function linkObjects({ objects, destination, paths, checksums }: LinkJob): Refusal[] {
  const folders = [...objects]
  const refused: Refusal[] = []
  let never: Refusal['code'] | undefined
  for (let at = 0; at < paths.length; at++) {
    const code = never ?? linkOne(folders, checksums[at]!, onDisk(destination + paths[at]!))
    if (code === undefined) continue
    refused.push({ at, code })
    if (code !== 'EMLINK') never = code
  }
  return refused
}

function linkOne(
  folders: ByteString[],
  checksum: string,
  path: string | Buffer,
): Refusal['code'] | undefined {
  try {
    inFolders(folders, checksum, object => linkSync(object, path))
    return undefined
  } catch (error) {
    if (isErrno(error, 'EMLINK', 'EXDEV', 'EPERM')) return error.code as Refusal['code']
    throw error
  }
}

/**
 * Runs `use` on the path of a file's object in the folder that has it, which then comes first.
 * @throws CtrbuildError OBJECT_DAMAGED; what `use` throws
 */
export function inFolders(
  folders: ByteString[],
  checksum: string,
  use: (object: string | Buffer) => void,
): void {
  const name = objectPath(checksum as Checksum, 'file')
  for (let i = 0; ; i++) {
    try {
      use(onDisk(`${folders[i]}/${name}`))
      if (i > 0) folders.unshift(...folders.splice(i, 1))
      return
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error
      if (i + 1 >= folders.length) throw missing(checksum as Checksum, 'file')
    }
  }
}
