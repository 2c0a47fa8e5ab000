/** Puts bundles on the disk with a small root file system, and runs their scripts as root or as a plain user. */
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Bundle } from '../../src/bundle/bundle.ts'
import type { MountPoint, Privilege } from '../../src/bundle/types.ts'
import { GROUP, PASSWD } from './sample.ts'

/** A user without an account, whom root becomes in tests; anybody else is themselves. */
const isRoot = process.getuid!() === 0
export const PLAIN = { uid: isRoot ? 54321 : process.getuid!(), gid: isRoot ? 54322 : process.getgid!() }

/** Who can run bundles here. */
export const PRIVILEGES: Privilege[] = [
  ...(isRoot ? [{ kind: 'root' } as const] : []),
  { kind: 'rootless', ...PLAIN },
]

const PROGRAMS = ['cat', 'env', 'grep', 'hostname', 'id', 'ls', 'pwd', 'sh', 'sleep', 'stat', 'touch', 'true']

/** Writes a bundle to a new folder, with a rootfs of busybox. `sources` are what its links lead to, by path. */
export function place(
  bundle: Bundle,
  folder: string,
  privilege: Privilege,
  sources: Record<string, string> = {},
): void {
  mkdirSync(folder)
  for (const { path, mode, content } of bundle.files) writeFileSync(join(folder, path), content, { mode })
  if (bundle.links.length > 0) mkdirSync(join(folder, 'mounts'))
  for (const { path } of bundle.links) symlinkSync(sources[path]!, join(folder, path))
  makeRootfs(join(folder, 'rootfs'), bundle.points)
  chmodSync(folder, 0o700)
  if (privilege.kind === 'rootless') giveTo(privilege, folder)
}

function makeRootfs(root: string, points: readonly MountPoint[]): void {
  for (const name of ['bin', 'etc']) mkdirSync(join(root, name), { recursive: true })
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'))
  for (const name of PROGRAMS) symlinkSync('busybox', join(root, 'bin', name))
  writeFileSync(join(root, 'etc/passwd'), PASSWD)
  writeFileSync(join(root, 'etc/group'), GROUP)
  for (const { path, kind, mode } of points) {
    mkdirSync(join(root, kind === 'dir' ? path : dirname(path)), { recursive: true })
    if (mode !== undefined) chmodSync(join(root, path), mode)
    if (kind === 'file') writeFileSync(join(root, path), '')
  }
}

/** Makes a folder and all in it a user's. */
export function giveTo({ uid, gid }: { uid: number; gid: number }, folder: string): void {
  lchownSync(folder, uid, gid)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) giveTo({ uid, gid }, path)
    else lchownSync(path, uid, gid)
  }
}

/** Takes away what root's scripts keep of containers. */
export function forget(...names: readonly string[]): void {
  for (const name of names) {
    for (const kept of ['bundles', 'containers'])
      rmSync(`/run/ctrbuild/${kept}/${name}`, { recursive: true, force: true })
  }
}

/** How to run a script. */
export interface Run {
  readonly privilege: Privilege
  readonly args?: readonly string[]
  readonly input?: string
  /** Default: PATH alone. */
  readonly env?: Record<string, string>
  /** Where crun refuses cgroups of both versions at once, hide the second one from it. */
  readonly hideCgroup2?: boolean
}

/** Runs a program as it would be run from a shell. What it leaves behind in the runtime's folder is not ours to see. */
export function run(program: string, { input = '', ...how }: Run) {
  const [first, ...rest] = wordsFor(program, how)
  const result = spawnSync(first!, rest, {
    encoding: 'utf8',
    input,
    // Two more descriptors, as a careless caller would leave them open.
    stdio: ['pipe', 'pipe', 'pipe', 'ignore', 'ignore'],
    env: { PATH: process.env.PATH, ...how.env },
    cwd: '/',
    timeout: 60_000,
  })
  return how.privilege.kind === 'root' ? result : withStatus(result)
}

/** Starts a program and does not wait. A plain user's output has its exit status at the end. */
export function start(program: string, how: Omit<Run, 'input'>) {
  const [first, ...rest] = wordsFor(program, how)
  const child = spawn(first!, rest, { env: { PATH: process.env.PATH, ...how.env }, cwd: '/' })
  child.stdin.end()
  return child
}

function wordsFor(program: string, { privilege, args = [], hideCgroup2 = false }: Run): string[] {
  return [...(hideCgroup2 ? HIDE_CGROUP2 : []), ...becoming(privilege), program, ...args]
}

const HIDE_CGROUP2 = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"',
  'sh',
]

/** runc opens its own standard streams again, which only their owner may: so a plain user's go through pipes of theirs. */
const OWN_STREAMS = 'cat | { "$@" 2>&1; echo "status $?"; } | cat'

function becoming({ kind, ...ids }: Privilege): string[] {
  if (kind === 'root') return []
  const { uid, gid } = ids as typeof PLAIN
  const drop = isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'] : []
  return [...drop, 'sh', '-c', OWN_STREAMS, 'sh']
}

/** The runtimes' own messages come in the same stream: crun looks in vain for further ids of a user without an account. */
function withStatus(result: SpawnSyncReturns<string>): SpawnSyncReturns<string> {
  const output = result.stdout.replace(/^new[ug]idmap: .*\n/gm, '')
  const [, stdout = '', status] = /^(.*)status (\d+)\n$/s.exec(output) ?? []
  return status === undefined
    ? { ...result, stdout: output, status: null }
    : { ...result, stdout, status: Number(status) }
}
