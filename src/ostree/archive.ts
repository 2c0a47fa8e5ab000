/** The bytes of an archive whose files lie in a repository. */
import { createHash } from 'node:crypto'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Content, Member } from '../export/members.ts'
import { memberHeader, memberPadding, TAR_END } from '../oci/tar/writer.ts'
import { objectPath } from './checksum.ts'
import { contentHeader } from './content.ts'
import { damaged, withContent } from './stored-content.ts'
import type { Checksum, Repo } from './types.ts'

const PIECE = 1 << 18

/**
 * An archive of members, piece by piece. Each object is held against its checksum while it is read.
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function* archiveBytes(members: Iterable<Member>, repo: Repo): Generator<Buffer> {
  for (const { header, content } of members) {
    yield memberHeader(header)
    if (content === undefined || header.type !== 'file') continue
    yield* fileBytes(content, repo, header.size)
    yield memberPadding(header.size)
  }
  yield TAR_END
}

/**
 * The content of one file.
 * @throws CtrbuildError OBJECT_DAMAGED where it is missing, damaged, or not of this size
 */
export function* fileBytes(content: Content, repo: Repo, size: number): Generator<Buffer> {
  if ('bytes' in content) yield content.bytes
  else yield* objectBytes(repo, content.checksum as Checksum, size)
}

function* objectBytes(repo: Repo, checksum: Checksum, size: number): Generator<Buffer> {
  const info = withContent(repo, checksum, stored => stored.info)
  if (info.kind === 'symlink') throw damaged(checksum, 'is a symbolic link, not a file')
  const hash = createHash('sha256').update(contentHeader(info.meta))
  let found = 0
  for (const piece of piecesOf(join(repo.path, 'objects', objectPath(checksum, 'file')))) {
    found += piece.length
    hash.update(piece)
    if (found <= size) yield piece
  }
  const is = hash.digest('hex')
  if (found !== size || is !== checksum) throw damaged(checksum, `does not have its checksum but ${is}`)
}

function* piecesOf(path: string): Generator<Buffer> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE)
      const count = readSync(fd, piece, 0, PIECE, null)
      if (count === 0) return
      yield piece.subarray(0, count)
    }
  } finally {
    closeSync(fd)
  }
}
