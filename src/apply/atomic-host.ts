/**
 * Looks for what `atomic` left on a host: its folders of deployments and its OSTree repository. Nothing is changed, and
 * no symlink of an image or a deployment is followed.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'yaml'
import { parseDefaults, parseInfo } from '../atomic/info.ts'
import type {
  AtomicContainer,
  AtomicDeployment,
  AtomicHost,
  AtomicImage,
  AtomicScope,
} from '../atomic/types.ts'
import { CtrbuildError, isErrno } from '../errors.ts'
import { readCommit } from '../ostree/read.ts'
import { listRefs, unescapeImageName } from '../ostree/refs.ts'
import { openRepo } from '../ostree/repo.ts'
import type { Checksum, Repo } from '../ostree/types.ts'

/** Where to look. */
export interface AtomicPlaces {
  readonly scope: AtomicScope
  /** Folders of deployments, absolute: the one that atomic wrote to first, then that of RPM packages. */
  readonly checkouts: readonly { readonly path: string; readonly isPreinstalled: boolean }[]
  /** Repositories, absolute: the first one that is there counts. */
  readonly repos: readonly string[]
}

/** Bytes of the largest info file or manifest that is read. */
const LARGEST = 1 << 20

/**
 * The places of the machine's containers below a root folder, with what `/etc/atomic.conf` says.
 * @throws CtrbuildError ATOMIC_INVALID where that cannot be read
 */
export function systemPlaces(root: string): AtomicPlaces {
  const conf = readConf(join(root, 'etc/atomic.conf'))
  const checkouts = join(root, conf.checkout_path ?? '/var/lib/containers/atomic')
  return {
    scope: 'system',
    checkouts: [
      { path: checkouts, isPreinstalled: false },
      { path: join(root, 'usr/lib/containers/atomic'), isPreinstalled: true },
    ],
    repos: [
      ...(conf.ostree_repository === undefined ? [] : [join(root, conf.ostree_repository)]),
      join(root, 'ostree/repo'),
      join(checkouts, '.storage/ostree'),
    ],
  }
}

/** The places of a user's containers; `dataHome` is XDG_DATA_HOME or what stands for it. */
export function userPlaces(root: string, dataHome: string): AtomicPlaces {
  const checkouts = join(root, dataHome, 'containers/atomic')
  return {
    scope: 'user',
    checkouts: [{ path: checkouts, isPreinstalled: false }],
    repos: [join(checkouts, 'repo')],
  }
}

/**
 * Reads all of it. What cannot be read is there with its damage.
 * @throws CtrbuildError ATOMIC_MISSING, REPO_INVALID; OBJECT_DAMAGED where a ref leads to nothing
 */
export function readAtomicHost({ scope, checkouts, repos }: AtomicPlaces): AtomicHost {
  const there = checkouts.filter(({ path }) => isFolder(path))
  const found = there.flatMap(({ path, isPreinstalled }) => containersIn(path, isPreinstalled))
  const repo = firstRepo(repos)
  const refs = repo === undefined ? new Map<string, Checksum>() : listRefs(repo, 'ociimage/')
  const names = [...refs].map(([ref, commit]) => [ref.slice('ociimage/'.length), commit] as const)
  const isHex = ([name]: readonly [string, Checksum]) => /^[0-9a-f]{64}$/.test(name)
  const images = names.filter(entry => !isHex(entry)).map(([name, commit]) => imageOf(repo!, name, commit))
  if (found.length === 0 && names.length === 0) throw nothing(checkouts.map(({ path }) => path))
  return {
    scope,
    checkouts: there.map(({ path }) => path),
    repo: repo?.path,
    images,
    layers: names.filter(isHex).length,
    // A container of the machine's counts over one of a package.
    containers: [...new Map(found.toReversed().map(one => [one.name, one])).values()].sort((a, b) =>
      a.name < b.name ? -1 : 1,
    ),
  }
}

function nothing(paths: readonly string[]): CtrbuildError {
  return new CtrbuildError('ATOMIC_MISSING', `there is nothing of atomic in ${paths.join(' or ')}`, {
    hint: 'Name the root of another system with --root, or ask for your own containers with --user',
  })
}

function firstRepo(paths: readonly string[]): Repo | undefined {
  const path = paths.find(isFolder)
  return path === undefined ? undefined : openRepo(path)
}

function imageOf(repo: Repo, escaped: string, commit: Checksum): AtomicImage {
  const digest = readCommit(repo, commit).metadata['docker.digest']
  return {
    name: unescapeImageName(escaped) ?? escaped,
    digest: typeof digest === 'string' ? digest : undefined,
  }
}

function containersIn(checkouts: string, isPreinstalled: boolean): AtomicContainer[] {
  const entries = readdirSync(checkouts).sort()
  const names = new Set(entries.flatMap(entry => /^(.+)\.[01]$/.exec(entry)?.[1] ?? []))
  return [...names].sort().flatMap(name => {
    const current = currentOf(join(checkouts, name))
    const deployments = ([0, 1] as const).flatMap(number => {
      const path = join(checkouts, `${name}.${number}`)
      return isFolder(path) ? [deploymentOf(path, number, current === `${name}.${number}`)] : []
    })
    return deployments.length === 0 ? [] : [{ name, isPreinstalled, deployments }]
  })
}

/** The folder's name alone: the symlink is absolute, and the root may be mounted elsewhere. */
function currentOf(link: string): string | undefined {
  try {
    return basename(readlinkSync(link))
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EINVAL', 'ENOTDIR')) return undefined
    throw error
  }
}

function deploymentOf(path: string, number: 0 | 1, isCurrent: boolean): AtomicDeployment {
  const exports = join(path, 'rootfs/exports')
  const hasExports = isFolder(join(path, 'rootfs')) && isFolder(exports)
  const base = { number, isCurrent, hasExports }
  try {
    const text = readPlain(join(path, 'info'))
    if (text === undefined) return { ...base, info: undefined, damage: 'it has no info file', defaults: {} }
    const manifest = hasExports ? readPlain(join(exports, 'manifest.json')) : undefined
    return {
      ...base,
      info: parseInfo(text),
      damage: undefined,
      defaults: manifest === undefined ? {} : parseDefaults(manifest),
    }
  } catch (error) {
    if (!(error instanceof CtrbuildError)) throw error
    return { ...base, info: undefined, damage: error.message, defaults: {} }
  }
}

function readConf(path: string): { readonly checkout_path?: string; readonly ostree_repository?: string } {
  const text = readPlain(path)
  if (text === undefined) return {}
  let conf: unknown
  try {
    conf = parse(text, { maxAliasCount: 0 })
  } catch (error) {
    throw new CtrbuildError('ATOMIC_INVALID', `${path} is not YAML`, { cause: error })
  }
  const pathOf = (key: string) => {
    const value =
      typeof conf === 'object' && conf !== null ? (conf as Record<string, unknown>)[key] : undefined
    return typeof value === 'string' && value.startsWith('/') ? { [key]: value } : {}
  }
  return { ...pathOf('checkout_path'), ...pathOf('ostree_repository') }
}

/** A regular file's text; undefined where there is none. Never waits, and follows no symlink. */
function readPlain(path: string): string | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stats = fstatSync(fd)
      if (!stats.isFile() || stats.size > LARGEST)
        throw new CtrbuildError('ATOMIC_INVALID', `${basename(path)} is no file of at most 1 MiB`)
      const bytes = Buffer.alloc(stats.size)
      return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)).toString('utf8')
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    if (isErrno(error, 'ELOOP')) throw new CtrbuildError('ATOMIC_INVALID', `${basename(path)} is a symlink`)
    throw error
  }
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
