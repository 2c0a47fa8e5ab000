/** Digests of the OCI image specification (descriptor.md, "Digests"): sha256 only, and only through a parser. */
import { createHash } from 'node:crypto'
import { CtrbuildError } from '../errors.ts'

/** Gives a plain type a name of its own, so that one identity is not passed for another. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name }

/** `sha256:` and 64 lower-case hexadecimal digits: the hash of bytes as they are stored and sent. */
export type Digest = Brand<`sha256:${string}`, 'Digest'>
/** The digest of a layer's uncompressed tar (config.md, `rootfs.diff_ids`). */
export type DiffId = Brand<`sha256:${string}`, 'DiffId'>
/** The digest that names a stack of layers (config.md, "Layer ChainID"). */
export type ChainId = Brand<`sha256:${string}`, 'ChainId'>

const PATTERN = /^sha256:[0-9a-f]{64}$/

/**
 * Narrows text to a digest.
 * @throws CtrbuildError DIGEST_INVALID for any other algorithm, upper case or wrong length.
 */
export function parseDigest(text: unknown, what = 'digest'): Digest {
  if (typeof text !== 'string' || !PATTERN.test(text)) {
    throw new CtrbuildError(
      'DIGEST_INVALID',
      `${what} is not a sha256 digest: ${JSON.stringify(text)?.slice(0, 120)}`,
      {
        hint: 'A digest is "sha256:" followed by 64 lower-case hexadecimal digits',
      },
    )
  }
  return text as Digest
}

/** As parseDigest, for the digest of an uncompressed layer. */
export function parseDiffId(text: unknown, what = 'diffID'): DiffId {
  return parseDigest(text, what) as string as DiffId
}

/** The digest of some bytes or of a text's UTF-8 bytes. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest
}

/** The 64 hexadecimal digits of a digest of any kind. */
export function hexOf(digest: Digest | DiffId | ChainId): string {
  return digest.slice('sha256:'.length)
}

/**
 * The chain ID of layers, lowest first (config.md, "Layer ChainID").
 * An empty stack has no chain ID in the specification; here it is the digest of nothing.
 */
export function chainIdOf(diffIds: readonly DiffId[]): ChainId {
  let chain: string | undefined
  for (const diffId of diffIds) chain = chain === undefined ? diffId : digestOf(`${chain} ${diffId}`)
  return (chain ?? digestOf('')) as ChainId
}
