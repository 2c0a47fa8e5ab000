/** The same tree committed by ostree and by ctrbuild must have the same checksums. */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { checksumOf } from '../../src/ostree/checksum.ts'
import { type CommitDraft, encodeCommit } from '../../src/ostree/commit.ts'
import { readCommit } from '../../src/ostree/read.ts'
import { treeObjects } from '../../src/ostree/tree-objects.ts'
import { setXattr } from '../../src/sys/xattr.ts'
import type { Xattr } from '../../src/tree/node.ts'
import { temporaryFolder } from '../support/folder.ts'
import { needs } from '../support/programs.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'
import { randomMembers, treeOf } from './random-tree.ts'
import { ostree, ostreeCommit, ostreeRepo } from './repositories.ts'

const isRoot = process.getuid?.() === 0

vi.setConfig({ testTimeout: 60_000 })

// Without extended attributes: from an archive, libostree takes them in the order it finds them, which its own fsck
// refuses in a bare repository. From a folder it sorts them.
test('random archives', async ctx => {
  needs(ctx, 'ostree')
  const repo = ostreeRepo(await temporaryFolder(), 'archive')
  for (let seed = 1; seed <= 15; seed++) {
    const members = randomMembers(seed, { entries: 60, ids: [0, 1000, 65534, 4294967294], xattrs: false })
    const commit = ostreeCommit(repo, `seed${seed}`, members)
    expect(own(members), `seed ${seed}`).toEqual({ commit, ...rootOf(repo, commit) })
  }
})

test('random folders with extended attributes', async ctx => {
  needs(ctx, 'ostree', 'tar')
  if (!isRoot) ctx.skip('only root can make files of any owner and mode')
  const folder = await temporaryFolder()
  const repo = ostreeRepo(folder, 'bare')
  for (let seed = 101; seed <= 106; seed++) {
    const members = randomMembers(seed, { entries: 60, ids: [0, 1000, 65534], xattrs: true })
    const tree = unpack(join(folder, `tree${seed}`), members)
    const argv = ['--no-bindings', '--timestamp=@0', `--branch=seed${seed}`, `--tree=dir=${tree}`]
    const commit = ostree(repo.path, 'commit', ...argv)
    expect(own(members), `seed ${seed}`).toEqual({ commit, ...rootOf(repo, commit) })
  }
})

test('attributes in any order, and without a value', async ctx => {
  needs(ctx, 'ostree')
  const folder = await temporaryFolder()
  const repo = ostreeRepo(folder, 'bare-user')
  const [uid, gid] = [process.getuid!(), process.getgid!()]
  const file: TarInput = { path: 'f', type: 'file', content: Buffer.from('x'), uid, gid }
  const xattrs: Xattr[] = [
    ['user.c', Buffer.from('c')],
    ['user.b', Buffer.alloc(0)],
    ['user.a', Buffer.from('a')],
  ]
  mkdirSync(join(folder, 'tree'), { mode: 0o755 })
  writeFileSync(join(folder, 'tree', 'f'), file.content!, { mode: 0o644 })
  const fd = openSync(join(folder, 'tree', 'f'), 'r')
  for (const [name, value] of xattrs) setXattr(fd, name, value)
  closeSync(fd)
  const commit = ostree(
    repo.path,
    'commit',
    '--no-bindings',
    '--timestamp=@0',
    '-b',
    'main',
    `--tree=dir=${folder}/tree`,
  )
  const members: TarInput[] = [
    { path: './', type: 'dir', uid, gid },
    { ...file, xattrs },
  ]
  expect(own(members)).toEqual({ commit, ...rootOf(repo, commit) })
})

test('directories that need wide offsets', async ctx => {
  needs(ctx, 'ostree')
  const repo = ostreeRepo(await temporaryFolder(), 'archive')
  for (const count of [1, 4, 5, 6, 7, 30, 1500, 1700]) {
    const names = Array.from({ length: count }, (_, i) => `name-${i}`)
    const members: TarInput[] = [
      { path: './', type: 'dir' },
      ...names.map(path => ({ path, type: 'file', content: Buffer.alloc(0) }) as const),
      ...names.map(name => ({ path: `dir-${name}/`, type: 'dir' }) as const),
    ]
    const commit = ostreeCommit(repo, `count${count}`, members)
    expect(own(members), `${count} names`).toEqual({ commit, ...rootOf(repo, commit) })
  }
})

test('commits with metadata, message, time and parent', async ctx => {
  needs(ctx, 'ostree')
  const repo = ostreeRepo(await temporaryFolder(), 'archive')
  const members: TarInput[] = [{ path: './', type: 'dir' }]
  const first = ostreeCommit(repo, 'first', members)
  const metadata = {
    'docker.digest': 'sha256:0',
    'docker.size': '123',
    long: 'ü'.repeat(200),
    signatures: '0',
  }
  const strings = Object.entries(metadata).map(([key, value]) => `--add-metadata-string=${key}=${value}`)
  const zeros = '0'.repeat(64)
  expect(own(members, { metadata }).commit).toBe(ostreeCommit(repo, 'a', members, ...strings))
  expect(own(members, { parent: 'zeros' }).commit).toBe(ostreeCommit(repo, 'b', members, `--parent=${zeros}`))
  const rest = ['--timestamp=@1700000000', '--subject=Größe', '--body=one\ntwo', `--parent=${first}`]
  const draft = { subject: 'Größe', body: 'one\ntwo', timestamp: 1_700_000_000, parent: first }
  expect(own(members, draft).commit).toBe(ostreeCommit(repo, 'c', members, ...rest))
})

test('commits with values of other types are read', async ctx => {
  needs(ctx, 'ostree')
  const repo = ostreeRepo(await temporaryFolder(), 'archive')
  const values = ['number=uint32 7', 'big=uint64 9', 'flag=true', "list=['a', 'bc']", "bytes=b'xyz'"]
  const options = values.map(value => `--add-metadata=${value}`)
  const { metadata } = readCommit(repo, ostreeCommit(repo, 'a', [{ path: './', type: 'dir' }], ...options))
  expect(metadata).toEqual({
    number: 7,
    big: 9n,
    flag: { signature: 'b', bytes: Buffer.from([1]) },
    list: { signature: 'as', bytes: Buffer.from('a\0bc\0\x02\x05') },
    bytes: Buffer.from('xyz\0'),
  })
})

function own(members: readonly TarInput[], draft: Partial<CommitDraft> = {}) {
  const { tree, meta } = treeObjects(treeOf(members).root)
  return { commit: checksumOf(encodeCommit({ ...draft, tree, meta })), tree, meta }
}

function rootOf(repo: { path: string }, commit: string): { tree: string; meta: string } {
  const line = ostree(repo.path, 'ls', '-d', '-C', commit, '/')
  const [meta, tree] = line.match(/[0-9a-f]{64}/g)!.reverse()
  return { tree: tree!, meta: meta! }
}

function unpack(path: string, members: readonly TarInput[]): string {
  mkdirSync(path)
  writeFileSync(`${path}.tar`, writeTar(members))
  const options = [
    '--numeric-owner',
    '--same-owner',
    '-p',
    '--xattrs',
    '--xattrs-include=*',
    '--delay-directory-restore',
  ]
  execFileSync('tar', ['-x', ...options, '-C', path, '-f', `${path}.tar`])
  return path
}
