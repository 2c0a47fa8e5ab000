/** Commit objects (libostree, ostree-core.h, "OSTREE_COMMIT_GVARIANT"). */
import { CtrbuildError } from '../errors.ts'
import { bytesOf, compareBytes } from '../tree/node.ts'
import { array, byteString, bytes, decode, encode, text, tuple, u64 } from './gvariant.ts'
import type { RootChecksums } from './tree-objects.ts'
import type { Checksum } from './types.ts'
import { dictionary, type Variant } from './variant.ts'

/** A commit's content. */
export interface Commit extends RootChecksums {
  readonly metadata: Readonly<Record<string, Variant>>
  /** `'zeros'` is a parent of 32 zero bytes, as skopeo's ostree transport wrote it for "none". */
  readonly parent: Checksum | 'zeros' | undefined
  readonly subject: string
  readonly body: string
  /** Seconds since 1970. */
  readonly timestamp: number
}

/** A commit to be made: what is left out is empty, and the time is 0, so that nothing depends on when it is made. */
export type CommitDraft = RootChecksums & Partial<Commit>

/** `(a{sv}aya(say)sstayay)`: the third member, related objects, is always empty. */
const commit = tuple<
  [
    metadata: readonly (readonly [string, Variant])[],
    parent: Buffer,
    related: readonly (readonly [string, Buffer])[],
    subject: string,
    body: string,
    timestamp: number,
    tree: Buffer,
    meta: Buffer,
  ]
>(dictionary, bytes, array(tuple<[string, Buffer]>(byteString, bytes)), text, text, u64, bytes, bytes)

const ZEROS = Buffer.alloc(32)

/** The commit object; metadata in the order of its keys' bytes. */
export function encodeCommit(draft: CommitDraft): Buffer {
  const { metadata = {}, parent, subject = '', body = '', timestamp = 0 } = draft
  const entries = Object.entries(metadata).sort(([a], [b]) => compareBytes(bytesOf(a), bytesOf(b)))
  const root = [Buffer.from(draft.tree, 'hex'), Buffer.from(draft.meta, 'hex')] as const
  return encode(commit, [entries, parentBytes(parent), [], subject, body, timestamp, ...root])
}

/** @throws CtrbuildError OBJECT_DAMAGED */
export function decodeCommit(object: Buffer): Commit {
  const [metadata, parent, , subject, body, timestamp, tree, meta] = decode(commit, object, 'commit')
  return {
    metadata: Object.fromEntries(metadata),
    parent: parent.length === 0 ? undefined : parent.equals(ZEROS) ? 'zeros' : checksumFrom(parent),
    subject,
    body,
    timestamp,
    tree: checksumFrom(tree),
    meta: checksumFrom(meta),
  }
}

function parentBytes(parent: Commit['parent']): Buffer {
  if (parent === undefined) return Buffer.alloc(0)
  return parent === 'zeros' ? ZEROS : Buffer.from(parent, 'hex')
}

function checksumFrom(raw: Buffer): Checksum {
  if (raw.length !== 32)
    throw new CtrbuildError('OBJECT_DAMAGED', 'commit is malformed: a checksum does not have 32 bytes')
  return raw.toString('hex') as Checksum
}
