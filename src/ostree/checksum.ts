/** The names of OSTree objects: SHA-256 checksums and the paths made of them (libostree, "Anatomy of a repository"). */
import { createHash } from 'node:crypto'
import { CtrbuildError } from '../errors.ts'
import type { Checksum, ObjectType } from './types.ts'

/** The checksum of some bytes: what names a metadata object. */
export function checksumOf(bytes: Uint8Array): Checksum {
  return createHash('sha256').update(bytes).digest('hex') as Checksum
}

/**
 * Narrows text to a checksum.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function parseChecksum(text: string, what: string): Checksum {
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new CtrbuildError(
      'OBJECT_DAMAGED',
      `${what} is not a checksum: ${JSON.stringify(text.slice(0, 100))}`,
    )
  }
  return text as Checksum
}

/** Where an object lies in a folder of objects: `ab/cdef….file`. */
export function objectPath(checksum: Checksum, type: ObjectType): string {
  return `${checksum.slice(0, 2)}/${checksum.slice(2)}.${type}`
}
