import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { initRepo, openRepo } from '../../src/ostree/repo.ts'
import type { RepoMode } from '../../src/ostree/types.ts'
import { temporaryFolder } from '../support/folder.ts'
import { problemOf } from '../support/problem.ts'
import { needs } from '../support/programs.ts'
import { ostree } from './repositories.ts'

const MODES: RepoMode[] = ['bare', 'bare-user', 'bare-user-only', 'archive']

describe.each(MODES)('a %s repository', mode => {
  test('is made as ostree init makes it', async ctx => {
    needs(ctx, 'ostree')
    const folder = await temporaryFolder()
    const [own, theirs] = [join(folder, 'own'), join(folder, 'theirs')]
    expect(initRepo(own, mode)).toEqual({ path: own, mode })
    ostree(theirs, 'init', `--mode=${mode}`)
    expect(contentOf(own)).toEqual(contentOf(theirs))
    expect(ostree(own, 'fsck')).toContain('no errors found')
    expect(openRepo(theirs)).toEqual({ path: theirs, mode })
  })

  test('stays as it is when made again', async () => {
    const path = join(await temporaryFolder(), 'a', 'b')
    initRepo(path, mode)
    const before = contentOf(path)
    writeFileSync(join(path, 'objects', 'something'), '')
    expect(initRepo(path, mode)).toEqual({ path, mode })
    expect(contentOf(path)).toEqual([...before, 'objects/something'].sort())
  })
})

test('only its owner can enter it, whatever the umask', async () => {
  const path = join(await temporaryFolder(), 'repo')
  mkdirSync(path)
  chmodSync(path, 0o755)
  const umask = process.umask(0)
  try {
    initRepo(path, 'bare-user')
  } finally {
    process.umask(umask)
  }
  expect(statSync(path).mode & 0o7777).toBe(0o700)
})

test('a repository that was not finished is finished', async () => {
  const path = join(await temporaryFolder(), 'repo')
  mkdirSync(join(path, 'objects'), { recursive: true })
  writeFileSync(join(path, '.new-1-0-1'), '[core]')
  writeFileSync(join(path, '.lock'), '')
  expect(openRepo(path)).toBeUndefined()
  initRepo(path, 'bare-user')
  expect(openRepo(path)).toEqual({ path, mode: 'bare-user' })
})

test('another folder, file or mode is not taken over', async () => {
  const folder = await temporaryFolder()
  writeFileSync(join(folder, 'thesis.tex'), '')
  expect(await problemOf(() => initRepo(folder, 'bare'))).toContain('holds "thesis.tex" and no config')
  expect(await problemOf(() => initRepo(join(folder, 'thesis.tex'), 'bare'))).toMatch(
    /^REPO_INVALID: .*is not a folder/,
  )
  expect(readdirSync(folder)).toEqual(['thesis.tex'])
  const path = join(folder, 'repo')
  initRepo(path, 'bare')
  expect(await problemOf(() => initRepo(path, 'bare-user'))).toBe(
    `REPO_INVALID: ${path} is a repository of mode bare, not bare-user`,
  )
})

test.each([
  ['# made by hand\n\n[core]\n repo_version = 1 \nmode=bare-user\n[remote "x"]\nmode=bare\n', 'bare-user'],
  ['[core]\nrepo_version=1\n', 'bare'],
  ['[core]\nrepo_version=1\nmode=archive\n', 'archive'],
  ['[core]\nrepo_version=2\nmode=bare\n', 'it has repo_version 2, not 1'],
  ['[core]\nmode=bare\n', 'it has no repo_version'],
  ['', 'it has no repo_version'],
  ['[core]\nrepo_version=1\nmode=bare-split-xattrs\n', 'it has the unknown mode "bare-split-xattrs"'],
])('the config %j means %s', async (config, meaning) => {
  const path = await temporaryFolder()
  writeFileSync(join(path, 'config'), config)
  let found = ''
  const problem = await problemOf(() => {
    found = openRepo(path)!.mode
  })
  expect(found || problem).toContain(meaning)
})

test('paths are made absolute', async () => {
  const path = await temporaryFolder()
  initRepo(path, 'bare-user')
  expect(openRepo(relative(process.cwd(), path))?.path).toBe(resolve(path))
  rmSync(join(path, 'config'))
  expect(existsSync(path) && openRepo(path)).toBeUndefined()
})

/** Folders, and files with their content. */
function contentOf(path: string): string[] {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true })
  return entries
    .map(entry => {
      const file = join(entry.parentPath, entry.name)
      const name = relative(path, file)
      return entry.isDirectory()
        ? `${name}/`
        : [name, ...readFileSync(file, 'utf8').split('\n')].join(' ').trim()
    })
    .sort()
}
