/** Repositories as folders: making one as `ostree init` does, and opening one (libostree, ostree.repo-config(5)). */
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CtrbuildError, isErrno } from '../errors.ts'
import { fsyncFolder, writeFileAtomic } from '../sys/atomic.ts'
import type { Repo, RepoMode } from './types.ts'

/** What `ostree init` makes beside `config`, parents first. */
const FOLDERS = [
  'extensions',
  'objects',
  'refs',
  'refs/heads',
  'refs/mirrors',
  'refs/remotes',
  'state',
  'tmp',
  'tmp/cache',
]
/** Files that may lie in a folder that is becoming a repository: a lock, or a config that was cut short. */
const EARLY_FILE = /^\.(lock|new-[0-9-]+)$/

const MODES: Readonly<Record<string, RepoMode>> = {
  bare: 'bare',
  'bare-user': 'bare-user',
  'bare-user-only': 'bare-user-only',
  archive: 'archive',
  'archive-z2': 'archive',
}

/**
 * Makes a repository, or opens the one that is there. The config is written last, so that what a killed process left
 * is not a repository yet and is completed by the next call. Only the owner may enter: setuid files will lie in it.
 * @throws CtrbuildError REPO_INVALID where there is something else, or a repository of another mode
 */
export function initRepo(path: string, mode: RepoMode): Repo {
  const existing = openRepo(path)
  if (existing !== undefined) return checkMode(existing, mode)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  checkForeign(path)
  chmodSync(path, 0o700)
  for (const folder of FOLDERS) mkdirSync(join(path, folder), { recursive: true, mode: 0o755 })
  fsyncFolder(join(path, 'refs'))
  writeFileAtomic(join(path, 'config'), configText(mode), { mode: 0o644 })
  fsyncFolder(resolve(path, '..'))
  return { path: resolve(path), mode }
}

/**
 * Opens a repository.
 * @returns undefined where none was made yet
 * @throws CtrbuildError REPO_INVALID where its config is not one that can be worked with
 */
export function openRepo(path: string): Repo | undefined {
  const text = readConfig(path)
  if (text === undefined) return undefined
  const core = coreSection(text)
  const version = core.get('repo_version')
  if (version !== '1')
    throw invalid(path, version === undefined ? 'has no repo_version' : `has repo_version ${version}, not 1`)
  const mode = MODES[core.get('mode') ?? 'bare']
  if (mode === undefined) throw invalid(path, `has the unknown mode ${JSON.stringify(core.get('mode'))}`)
  return { path: resolve(path), mode }
}

function checkMode(repo: Repo, wanted: RepoMode): Repo {
  if (repo.mode === wanted) return repo
  throw new CtrbuildError(
    'REPO_INVALID',
    `${repo.path} is a repository of mode ${repo.mode}, not ${wanted}`,
    {
      hint: 'A store belongs to root or to a plain user from the start; use another one with "store:", or remove it',
    },
  )
}

function checkForeign(path: string): void {
  const foreign = readdirSync(path).find(name => !FOLDERS.includes(name) && !EARLY_FILE.test(name))
  if (foreign === undefined) return
  throw invalid(path, `holds ${JSON.stringify(foreign)} and no config`)
}

function readConfig(path: string): string | undefined {
  try {
    return readFileSync(join(path, 'config'), 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    if (isErrno(error, 'ENOTDIR', 'EISDIR')) throw invalid(path, 'is not a folder with a config file')
    throw error
  }
}

function configText(mode: RepoMode): string {
  return `[core]\nrepo_version=1\nmode=${mode === 'archive' ? 'archive-z2' : mode}\n`
}

/** The keys of `[core]` in a GKeyFile; the last one of a name counts. */
function coreSection(text: string): Map<string, string> {
  const keys = new Map<string, string>()
  let section = ''
  for (const line of text.split('\n').map(line => line.trim())) {
    const header = /^\[([^\]]*)\]$/.exec(line)
    const pair = /^([^#=\s]+)\s*=\s*(.*)$/.exec(line)
    if (header !== null) section = header[1]!
    else if (pair !== null && section === 'core') keys.set(pair[1]!, pair[2]!)
  }
  return keys
}

function invalid(path: string, problem: string): CtrbuildError {
  return new CtrbuildError(
    'REPO_INVALID',
    `${path} is not an OSTree repository that ctrbuild can use: it ${problem}`,
    {
      hint: 'Choose another folder with "store:", or move this one away',
    },
  )
}
