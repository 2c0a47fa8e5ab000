/**
 * Reads a document where cacache keeps it, without loading cacache, which takes longer than an apply that finds nothing
 * to do. The path is that of cacache's `content-v2`; what is not found there, cacache is asked for.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, digestOf, hexOf } from '../oci/digest.ts'

/** A document of a folder that cacache keeps; undefined where it is not there, or not what its digest says. */
export function readDocument(folder: string, digest: Digest): Buffer | undefined {
  const hex = hexOf(digest)
  try {
    const path = join(folder, 'content-v2', 'sha256', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4))
    const bytes = readFileSync(path)
    return digestOf(bytes) === digest ? bytes : undefined
  } catch {
    return undefined
  }
}
