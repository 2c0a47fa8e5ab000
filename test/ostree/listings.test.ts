/** Listings as they are read back, whatever mode the repository has, and what is said of damage. */
import { chmodSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { objectPath } from '../../src/ostree/checksum.ts'
import { putListing, readListing } from '../../src/ostree/listings.ts'
import { objectWriter } from '../../src/ostree/object-writer.ts'
import { readTree } from '../../src/ostree/read.ts'
import { readRef } from '../../src/ostree/refs.ts'
import { initRepo } from '../../src/ostree/repo.ts'
import { beginStage, discard, publish } from '../../src/ostree/stage.ts'
import type { Checksum, Repo, RepoMode } from '../../src/ostree/types.ts'
import type { File } from '../../src/tree/node.ts'
import { temporaryFolder } from '../support/folder.ts'
import { problemOf } from '../support/problem.ts'
import { needs } from '../support/programs.ts'
import { ostree, ostreeRepo } from './repositories.ts'

const REF = 'ctrbuild/union/some'
const MODES: RepoMode[] = process.getuid!() === 0 ? ['bare', 'bare-user'] : ['bare-user']

async function repoWith(mode: RepoMode, listing: string): Promise<Repo> {
  const repo = initRepo(join(await temporaryFolder(), 'repo'), mode)
  const stage = beginStage(repo, 'test')
  const refs = new Map([[REF, putListing(objectWriter(stage), listing)]])
  publish(stage, refs)
  discard(stage)
  return repo
}

/** Where the object lies that the listing is in. */
function objectOf(repo: Repo): string {
  const file = readTree(repo, readRef(repo, REF)!).children.get('listing.json') as File
  return join(repo.path, 'objects', objectPath(file.checksum as Checksum, 'file'))
}

test.each(MODES)('a listing comes back from a %s repository', async mode => {
  for (const text of ['{"rows":[]}', '{"rows":["\u00e9\u0000 \u00ff"]}', '']) {
    const repo = await repoWith(mode, text)
    expect(readListing(repo, REF)).toBe(text)
    expect(readListing(repo, 'ctrbuild/union/other')).toBeUndefined()
  }
})

test('a listing comes back from an archive', async ctx => {
  needs(ctx, 'ostree')
  const repo = await repoWith('bare-user', '{"rows":["\u00e9"]}')
  const archive = ostreeRepo(await temporaryFolder(), 'archive')
  ostree(archive.path, 'pull-local', repo.path, REF)
  expect(readListing(archive, REF)).toBe('{"rows":["\u00e9"]}')
})

test.each(MODES)('a damaged listing of a %s repository is refused', async mode => {
  const repo = await repoWith(mode, '{"rows":[]}')
  const path = objectOf(repo)
  const before = readFileSync(path)
  chmodSync(path, 0o644)
  writeFileSync(path, before.toString().replace('[]', '{}'))
  expect(await problemOf(() => readListing(repo, REF))).toContain('does not have its checksum')
  truncateSync(path, 3)
  expect(await problemOf(() => readListing(repo, REF))).toContain('does not have its checksum')
  rmSync(path)
  expect(await problemOf(() => readListing(repo, REF))).toContain('is missing from the store')
  symlinkSync('/etc/hostname', path)
  expect(await problemOf(() => readListing(repo, REF))).toContain('is a symbolic link, not a file')
})
