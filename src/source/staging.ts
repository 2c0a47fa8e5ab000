/**
 * A folder for one run of skopeo. Blobs that are not wanted are stood in for by empty files of their name: skopeo
 * takes a blob for present when a file of its name is there. Those never leave this folder; what arrives is linked
 * into the blob folder by name.
 */
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { isErrno } from '../errors.ts'
import { hexOf, parseDigest } from '../oci/digest.ts'
import { diskError } from '../sys/failure.ts'
import type { CopyTo } from './skopeo-argv.ts'

export interface Staging {
  /** Absolute path of the whole folder. */
  readonly path: string
  /** Absolute path of the folder with complete blobs, named by hexadecimal digits. */
  readonly sha256: string
  /** Absolute path for skopeo's own temporary files. */
  readonly temporary: string
  /** Absolute path of the layout that skopeo writes, with blobs on their way as `oci-put-blob*`. */
  readonly layout: string
  /** The same places for skopeo's command line. */
  readonly to: CopyTo
}

const PREFIX = 'fetch-'

/** Runs something with a staging folder below `blobs`, and removes the folder whatever happens. */
export async function withStaging<T>(
  blobs: string,
  base: string,
  use: (staging: Staging) => Promise<T>,
): Promise<T> {
  const staging = await makeStaging(blobs, base).catch(error => {
    throw diskError(error, 'cannot prepare the blob folder')
  })
  try {
    return await use(staging)
  } finally {
    await rm(staging.path, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Removes staging folders whose process is gone: a killed ctrbuild leaves them. */
export async function sweepStaging(blobs: string): Promise<void> {
  await Promise.all((await stagingLeft(blobs)).map(path => rm(path, { recursive: true, force: true })))
}

/** Staging folders whose process is gone. */
export async function stagingLeft(blobs: string): Promise<string[]> {
  const names = await readdir(blobs).catch(error => {
    if (!isErrno(error, 'ENOENT')) throw error
    return []
  })
  return names
    .filter(name => name.startsWith(PREFIX) && !isAlive(Number.parseInt(name.slice(PREFIX.length), 10)))
    .map(name => join(blobs, name))
}

/** Stands an empty file in for a blob that skopeo is not to bring. */
export async function putPlaceholder(staging: Staging, digest: unknown): Promise<void> {
  await writeFile(join(staging.sha256, hexOf(parseDigest(digest))), '')
}

async function makeStaging(blobs: string, base: string): Promise<Staging> {
  await mkdir(blobs, { recursive: true, mode: 0o700 })
  const path = await mkdtemp(join(blobs, `${PREFIX}${process.pid}-`))
  const staging = {
    path,
    sha256: join(path, 'blobs', 'sha256'),
    temporary: join(path, 'tmp'),
    layout: join(path, 'layout'),
    to: { blobs: withoutColon(base, join(path, 'blobs')), layout: withoutColon(base, join(path, 'layout')) },
  }
  await Promise.all([mkdir(staging.sha256, { recursive: true }), mkdir(staging.temporary)])
  return staging
}

/** skopeo ends a path at its first colon; below a common folder that has one, the relative path has none. */
function withoutColon(base: string, path: string): string {
  return relative(resolve(base), path)
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0) && !isZombie(pid)
  } catch (error) {
    return !isErrno(error, 'ESRCH', 'ENOENT')
  }
}

/** What a process held is free when it is dead, its number only when its parent has asked how it died. */
function isZombie(pid: number): boolean {
  return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}
