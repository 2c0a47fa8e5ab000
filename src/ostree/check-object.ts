/** Holding an object against the checksum that names it, whatever its size. */
import { createHash } from 'node:crypto'
import { CtrbuildError } from '../errors.ts'
import { contentHeader } from './content.ts'
import { namedObject, type ObjectName } from './inventory.ts'
import { diskMode } from './object-meta.ts'
import { readCommit, readDirMeta, readDirTree, readFileInfo } from './read.ts'
import { type StoredContent, withContent } from './stored-content.ts'
import type { Checksum, Repo } from './types.ts'

/** What is wrong with an object; undefined where nothing is. */
export function faultOf(repo: Repo, name: ObjectName): string | undefined {
  const { checksum, type } = namedObject(name)
  try {
    if (type === 'commit') return void readCommit(repo, checksum)
    if (type === 'dirtree') return void readDirTree(repo, checksum)
    if (type === 'dirmeta') return void readDirMeta(repo, checksum)
    const isLink = withContent(repo, checksum, ({ info }) => info.kind === 'symlink')
    if (isLink) readFileInfo(repo, checksum)
    return isLink ? undefined : withContent(repo, checksum, stored => faultOfFile(repo, stored, checksum))
  } catch (error) {
    if (error instanceof CtrbuildError) return `is damaged: ${error.message}`
    throw error
  }
}

function faultOfFile(repo: Repo, stored: StoredContent, checksum: Checksum): string | undefined {
  const { meta } = stored.info
  const hash = createHash('sha256').update(contentHeader(meta))
  stored.feed(bytes => hash.update(bytes))
  const found = hash.digest('hex')
  if (found !== checksum) return `does not have its checksum but ${found}`
  // What a bare-user object is to be is in an attribute, which the checksum covers: its own mode is not.
  if (repo.mode !== 'bare-user' || stored.mode === diskMode(repo.mode, meta)) return undefined
  return `has mode ${stored.mode.toString(8)} on disk, not ${diskMode(repo.mode, meta).toString(8)}`
}
