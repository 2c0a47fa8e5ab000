/** Repositories for tests: written by the ostree program, or by nothing but ctrbuild. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommitDraft } from '../../src/ostree/commit.ts'
import { objectWriter, putFile, putSymlink } from '../../src/ostree/object-writer.ts'
import { initRepo } from '../../src/ostree/repo.ts'
import { beginStage, discard, publish } from '../../src/ostree/stage.ts'
import type { Checksum, Repo, RepoMode } from '../../src/ostree/types.ts'
import { putCommit, putTree } from '../../src/ostree/write.ts'
import type { Dir } from '../../src/tree/node.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'
import type { TreeWithContent } from './random-tree.ts'

/** Runs ostree on a repository and returns what it prints, as bytes one character each. */
export function ostree(repo: string, ...argv: string[]): string {
  const env = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' }
  const stdio = ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe']
  return execFileSync('ostree', [`--repo=${repo}`, ...argv], {
    env,
    stdio,
    encoding: 'latin1',
    maxBuffer: 1 << 26,
  }).trimEnd()
}

/** A repository made by `ostree init`, which does without durability. */
export function ostreeRepo(folder: string, mode: RepoMode): Repo {
  const path = join(folder, `ostree-${mode}`)
  ostree(path, 'init', `--mode=${mode}`)
  ostree(path, 'config', 'set', 'core.fsync', 'false')
  return { path, mode }
}

/** Commits an archive's members with ostree, and returns the commit's checksum. */
export function ostreeCommit(
  repo: Repo,
  branch: string,
  members: readonly TarInput[],
  ...options: string[]
): Checksum {
  const tar = `${repo.path}-${branch}.tar`
  writeFileSync(tar, writeTar(members))
  const argv = ['--no-bindings', '--timestamp=@0', `--branch=${branch}`, `--tree=tar=${tar}`, ...options]
  return ostree(repo.path, 'commit', ...argv) as Checksum
}

/** Writes trees into a new repository with ctrbuild alone, each under a ref of its name. */
export async function ownRepo(
  folder: string,
  mode: RepoMode,
  trees: Record<string, TreeWithContent>,
): Promise<Repo> {
  const repo = initRepo(join(folder, `own-${mode}`), mode)
  await addTrees(repo, trees)
  return repo
}

/** Adds trees to a repository with ctrbuild alone. */
export async function addTrees(
  repo: Repo,
  trees: Record<string, TreeWithContent>,
  commit: (root: { tree: Checksum; meta: Checksum }) => CommitDraft = root => root,
): Promise<void> {
  const stage = beginStage(repo, 'test')
  const writer = objectWriter(stage)
  const refs = new Map<string, Checksum>()
  for (const [ref, { root, contents }] of Object.entries(trees)) {
    putLeaves(
      root,
      (checksum, meta) => putFile(writer, checksum, meta, [contents.get(checksum)!]),
      (checksum, meta, target) => putSymlink(writer, checksum, meta, target),
    )
    refs.set(ref, putCommit(writer, commit(putTree(writer, root))))
  }
  publish(stage, refs)
  discard(stage)
}

function putLeaves(
  dir: Dir,
  file: (checksum: Checksum, meta: Dir['meta']) => void,
  symlink: (checksum: Checksum, meta: Dir['meta'], target: string) => void,
): void {
  for (const node of dir.children.values()) {
    if (node.kind === 'dir') putLeaves(node, file, symlink)
    if (node.kind === 'file') file(node.checksum as Checksum, node.meta)
    if (node.kind === 'symlink') symlink(node.checksum as Checksum, node.meta, node.target)
  }
}
