/** Staging the objects of trees and commits, as far as the repository does not have them. */
import type { Dir } from '../tree/node.ts'
import { checksumOf } from './checksum.ts'
import { type CommitDraft, encodeCommit } from './commit.ts'
import { committable } from './committable.ts'
import { type ObjectWriter, putMetadata } from './object-writer.ts'
import { type RootChecksums, treeObjects } from './tree-objects.ts'
import type { Checksum } from './types.ts'

/** Stages the directory objects of a tree, children first, as far as it is committable. */
export function putTree(writer: ObjectWriter, root: Dir): RootChecksums {
  const { tree, meta, objects } = treeObjects(committable(root, writer.stored), writer.stored)
  for (const { checksum, type, bytes } of objects) putMetadata(writer, checksum, type, bytes)
  return { tree, meta }
}

/** Stages a commit, whose tree is staged or in the repository. */
export function putCommit(writer: ObjectWriter, commit: CommitDraft): Checksum {
  const bytes = encodeCommit(commit)
  const checksum = checksumOf(bytes)
  putMetadata(writer, checksum, 'commit', bytes)
  return checksum
}
