/** JSON documents of an image: bytes from anywhere, narrowed to a value whose parts can be read. */
import { CtrbuildError } from '../errors.ts'
import type { Spot } from './shape.ts'

/** Manifests, indexes and configurations beyond this are refused, as registries and other clients do. */
export const DOCUMENT_LIMIT = 4 * 1024 * 1024

/**
 * Reads a document's JSON.
 * @throws CtrbuildError IMAGE_INVALID for what is too large, not UTF-8 or not JSON.
 */
export function readDocument(bytes: Uint8Array, what: string): Spot {
  if (bytes.length > DOCUMENT_LIMIT) {
    throw new CtrbuildError('IMAGE_INVALID', `${what} has ${bytes.length} bytes, more than ${DOCUMENT_LIMIT}`)
  }
  return { value: parse(bytes, what), path: '', refuse: (spot, problem) => refusal(what, spot, problem) }
}

function parse(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (error) {
    throw new CtrbuildError('IMAGE_INVALID', `${what} is not JSON`, { cause: error })
  }
}

function refusal(what: string, spot: Spot, problem: string): CtrbuildError {
  return new CtrbuildError(
    'IMAGE_INVALID',
    `${spot.path === '' ? what : `${spot.path} of ${what}`} ${problem}`,
  )
}
