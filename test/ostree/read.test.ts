import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, readFileSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { objectPath } from '../../src/ostree/checksum.ts'
import { objectWriter, putMetadata } from '../../src/ostree/object-writer.ts'
import { readCommit, readContent, readFileInfo, readTree } from '../../src/ostree/read.ts'
import { readRef } from '../../src/ostree/refs.ts'
import { initRepo } from '../../src/ostree/repo.ts'
import { beginStage, publish } from '../../src/ostree/stage.ts'
import { treeObjects } from '../../src/ostree/tree-objects.ts'
import type { Checksum, ObjectType, Repo, RepoMode } from '../../src/ostree/types.ts'
import { putCommit } from '../../src/ostree/write.ts'
import type { Dir, File } from '../../src/tree/node.ts'
import { temporaryFolder } from '../support/folder.ts'
import { problemOf } from '../support/problem.ts'
import { needs } from '../support/programs.ts'
import type { TarInput } from '../support/tar-writer.ts'
import { randomMembers, treeOf } from './random-tree.ts'
import { ostree, ostreeCommit, ostreeRepo, ownRepo } from './repositories.ts'

vi.setConfig({ testTimeout: 60_000 })

const uid = process.getuid!()
const gid = process.getgid!()
const MODES: RepoMode[] = uid === 0 ? ['bare', 'bare-user', 'archive'] : ['bare-user', 'archive']

describe.each(MODES)('a %s repository written by ostree', mode => {
  test('is read as the tree it was written from', async ctx => {
    needs(ctx, 'ostree')
    const repo = ostreeRepo(await temporaryFolder(), mode)
    for (const seed of [11, 12, 13]) {
      const members = randomMembers(seed, { entries: 80, ids: [0, 1000], xattrs: false })
      const { root, contents } = treeOf(members)
      const commit = ostreeCommit(repo, `seed${seed}`, members)
      expect(readTree(repo, commit)).toEqual(root)
      for (const [checksum, content] of contents)
        expect(readContent(repo, checksum, 100_000).equals(content)).toBe(true)
    }
  })
})

test('a bare-user-only repository is read', async ctx => {
  needs(ctx, 'ostree')
  const repo = ostreeRepo(await temporaryFolder(), 'bare-user-only')
  const members: TarInput[] = [
    { path: './', type: 'dir' },
    { path: 'f', type: 'file', content: Buffer.from('x') },
    { path: 'l', type: 'symlink', target: 'f' },
  ]
  const root = readTree(repo, ostreeCommit(repo, 'a', members, '--canonical-permissions'))
  expect(root).toEqual(treeOf(members).root)
})

test('extended attributes are read in every mode', async ctx => {
  needs(ctx, 'ostree')
  const folder = await temporaryFolder()
  const members = randomMembers(21, { entries: 60, ids: [uid], xattrs: true }).map(member => ({
    ...member,
    gid,
  }))
  const tree = treeOf(members)
  const bareUser = await ownRepo(folder, 'bare-user', { main: tree })
  const commit = readRef(bareUser, 'main')!
  expect(readTree(bareUser, commit)).toEqual(tree.root)
  for (const mode of MODES.filter(mode => mode !== 'bare-user')) {
    const repo = ostreeRepo(folder, mode)
    ostree(repo.path, 'pull-local', bareUser.path)
    expect(readTree(repo, commit)).toEqual(tree.root)
  }
})

test('equal files are not taken for hard links of each other', async () => {
  const members: TarInput[] = ['a', 'b'].map(path => ({
    path,
    type: 'file',
    content: Buffer.from('x'),
    uid,
    gid,
  }))
  const repo = await ownRepo(await temporaryFolder(), 'bare-user', { main: treeOf(members) })
  const { children } = readTree(repo, readRef(repo, 'main')!)
  expect(children.get('a')).toEqual(children.get('b'))
  expect(children.get('a')).not.toBe(children.get('b'))
})

describe('what is damaged is found', () => {
  const content = Buffer.from('content of some length\n'.repeat(20))
  const members: TarInput[] = [
    { path: './', type: 'dir' },
    { path: 'f', type: 'file', content },
    { path: 'l', type: 'symlink', target: 'target' },
  ]
  const tree = treeOf(members)
  const { tree: treeSum, meta: metaSum } = treeObjects(tree.root)
  const file = (tree.root.children.get('f') as File).checksum as Checksum
  const link = (tree.root.children.get('l') as File).checksum as Checksum

  test.each<[string, (repo: Repo, commit: Checksum) => string, ObjectType]>([
    ['commit', (_, commit) => commit, 'commit'],
    ['dirtree', () => treeSum, 'dirtree'],
    ['dirmeta', () => metaSum, 'dirmeta'],
    ['symlink', () => link, 'file'],
  ])('%s', async (_, pick, type) => {
    const repo = await ownRepo(await temporaryFolder(), 'bare-user', { main: tree })
    const commit = readRef(repo, 'main')!
    const checksum = pick(repo, commit) as Checksum
    const path = join(repo.path, 'objects', objectPath(checksum, type))
    const before = readFileSync(path)
    chmodSync(path, 0o644)
    appendFileSync(path, 'x')
    expect(await problemOf(() => readTree(repo, commit))).toMatch(
      new RegExp(`^OBJECT_DAMAGED: object ${checksum} `),
    )
    writeFileSync(
      path,
      before.map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
    )
    expect(await problemOf(() => readTree(repo, commit))).toMatch(/^OBJECT_DAMAGED: /)
    unlinkSync(path)
    expect(await problemOf(() => readTree(repo, commit))).toBe(
      `OBJECT_DAMAGED: object ${checksum}.${type} is missing from the store`,
    )
  })

  test('content', async () => {
    const repo = await ownRepo(await temporaryFolder(), 'bare-user', { main: tree })
    expect(readContent(repo, file, content.length)).toEqual(content)
    expect(await problemOf(() => readContent(repo, file, content.length - 1))).toMatch(/^LAYER_LIMIT: /)
    expect(await problemOf(() => readContent(repo, link, 1000))).toContain('is a symbolic link, not a file')
    const path = join(repo.path, 'objects', objectPath(file, 'file'))
    truncateSync(path, 10)
    expect(await problemOf(() => readContent(repo, file, 1000))).toContain('does not have its checksum')
    unlinkSync(path)
    execFileSync('mkfifo', [path])
    expect(await problemOf(() => readFileInfo(repo, file))).toContain('is not a regular file')
  })

  test('content of an archive', async ctx => {
    needs(ctx, 'ostree')
    const repo = ostreeRepo(await temporaryFolder(), 'archive')
    ostreeCommit(repo, 'main', members)
    const path = join(repo.path, 'objects', objectPath(file, 'filez'))
    const whole = readFileSync(path)
    const problems: string[] = []
    for (const length of [0, 5, 8, 20, whole.length - 30, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length))
      problems.push((await problemOf(() => readContent(repo, file, 10_000))).split(':')[0]!)
    }
    expect(new Set(problems)).toEqual(new Set(['OBJECT_DAMAGED']))
  })

  test.each([
    [
      'too many entries',
      12,
      (dir: Dir) =>
        [
          ['a', dir],
          ['b', dir],
        ] as const,
    ],
    ['too deep', 2100, (dir: Dir) => [['d', dir]] as const],
  ])('a tree that is %s', async (_, depth, grow) => {
    let root: Dir = { ...tree.root, children: new Map() }
    for (let i = 0; i < depth; i++) root = { ...root, children: new Map(grow(root)) }
    const repo = initRepo(join(await temporaryFolder(), 'repo'), 'bare-user')
    const stage = beginStage(repo, 'test')
    const writer = objectWriter(stage)
    const { objects, ...checksums } = treeObjects(root)
    for (const { checksum, type, bytes } of objects) putMetadata(writer, checksum, type, bytes)
    const commit = putCommit(writer, checksums)
    await publish(stage, new Map())
    expect(await problemOf(() => readTree(repo, commit, 3000))).toMatch(/^LAYER_LIMIT: /)
  })
})

test('a commit is read with its parent and its time', async ctx => {
  needs(ctx, 'ostree')
  const repo = ostreeRepo(await temporaryFolder(), 'bare-user')
  const members: TarInput[] = [{ path: './', type: 'dir' }]
  const first = ostreeCommit(repo, 'main', members)
  const second = readCommit(repo, ostreeCommit(repo, 'main', members, '--timestamp=@99', '--subject=two'))
  expect(second).toMatchObject({ parent: first, timestamp: 99, subject: 'two', body: '', metadata: {} })
})
