/**
 * A machine with systemd as process 1: a container that systemd-nspawn boots from this machine's own /usr, read-only,
 * over an empty /etc. It has this build of ctrbuild, this Node, and bubblewrap, if that is installed here.
 */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { vi } from 'vitest'
import { temporaryFolder } from './folder.ts'
import { needs, needsRoot } from './programs.ts'
import { type Ended, newProject, PROGRAM, type Project } from './project.ts'
import { childrenOf, until } from './running.ts'

/** Everything that systemd starts here; none of this machine's own services is. */
const READY = `[Unit]
Requires=basic.target
After=basic.target
`

/**
 * Its folders of mounts, processes and control groups are its own, so that nothing of it is left here. The words are
 * the root, a name, and what nspawn is told besides.
 */
const BOOT = `set -e
root=$1 name=$2
shift 2
umount -R /sys/fs/cgroup 2>/dev/null || :
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir "/sys/fs/cgroup/$name"
echo $$ >"/sys/fs/cgroup/$name/cgroup.procs"
mount -t tmpfs tmpfs /run
mount --bind -o ro /usr "$root/usr"
exec systemd-nspawn --directory="$root" --machine="$name" --register=no --keep-unit --console=pipe \\
  --kill-signal=SIGRTMIN+3 "$@" --boot systemd.unit=ready.target`

/** Goes to the project's folder and runs a program. */
const THERE = ['sh', '-c', 'cd /srv/project && exec "$@"', 'sh'] as const

/** A machine that runs. */
export interface Machine {
  /** A project in it; its path there is /srv/project. */
  readonly project: Project
  /** Runs a program in the project's folder. */
  inside(program: string, ...args: string[]): Promise<Ended>
  ctrbuild(...args: string[]): Promise<Ended>
  /** Shuts it down, and waits for that. */
  end(): Promise<void>
}

/** Skips a test visibly where no machine can be booted. */
export function needsBoot(ctx: { skip: (note?: string) => void }): void {
  needs(ctx, 'systemd-nspawn', 'nsenter', 'unshare')
  needsRoot(ctx)
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'cgroup2', 'cgroup2', '/mnt'], { stdio: 'ignore' })
  } catch {
    if (process.env.REQUIRE_TOOLS !== '1') ctx.skip('control groups cannot be mounted here')
  }
}

/** Boots one, and waits until it has. */
export async function boot(): Promise<Machine> {
  const root = join(await temporaryFolder(), 'root')
  for (const path of ['usr', 'etc/systemd/system', 'etc/containers', 'srv/project', 'opt/ctrbuild'])
    mkdirSync(join(root, path), { recursive: true })
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name))
  for (const name of ['passwd', 'group', 'ld.so.cache']) cpSync(join('/etc', name), join(root, 'etc', name))
  writeFileSync(join(root, 'etc/machine-id'), '0123456789abcdef0123456789abcdef\n')
  writeFileSync(join(root, 'etc/containers/policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}')
  writeFileSync(join(root, 'etc/systemd/system/ready.target'), READY)
  const project = await newProject(join(root, 'srv/project'))

  const name = `ctrbuild-test-${process.pid}`
  const binds = [
    `--bind-ro=${dirname(dirname(PROGRAM))}:/opt/ctrbuild`,
    `--bind-ro=${process.execPath}:/opt/node`,
  ]
  const nspawn = spawn('unshare', ['-m', 'sh', '-c', BOOT, 'sh', root, name, ...binds], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise(resolve => nspawn.once('close', resolve))
  let said = ''
  for (const stream of [nspawn.stdout, nspawn.stderr]) stream.on('data', text => (said += text))
  let first = 0
  await until(() => {
    if (nspawn.exitCode !== null) throw new Error(`nspawn: ${said}`)
    const isSystemd = (pid: number) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'systemd\n'
    first = childrenOf(nspawn.pid!).find(isSystemd) ?? 0
    return first !== 0
  })

  const enter = ['nsenter', `--target=${first}`, '--mount', '--uts', '--ipc', '--pid', '--cgroup'] as const
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', HOME: '/root', NO_COLOR: '1' }
  const inside = async (program: string, ...args: string[]): Promise<Ended> => {
    const [command, ...rest] = [...enter, ...THERE, program, ...args]
    const options = {
      reject: false,
      stripFinalNewline: false,
      stdin: 'ignore',
      env,
      extendEnv: false,
    } as const
    const { exitCode, stdout, stderr } = await execa(command!, rest, options)
    return { status: exitCode, stdout, stderr }
  }
  const end = async () => {
    nspawn.kill('SIGTERM')
    await ended
    removeGroups(name)
  }
  const isReady = async () => {
    const { stdout, stderr } = await inside('systemctl', 'is-active', 'ready.target')
    if (stdout !== 'active\n') throw new Error(`the machine is not up: ${stdout}${stderr}${said}`)
  }
  try {
    await vi.waitFor(isReady, { timeout: 20_000, interval: 50 })
  } catch (error) {
    await end()
    throw error
  }
  return {
    project,
    inside,
    ctrbuild: (...args) => inside('/opt/node', '/opt/ctrbuild/dist/ctrbuild.js', ...args),
    end,
  }
}

/** What nspawn leaves of its control groups, which are empty now. */
function removeGroups(name: string): void {
  const remove = 'mount -t cgroup2 cgroup2 /mnt && find "/mnt/$1" -depth -type d -exec rmdir {} +'
  execFileSync('unshare', ['-m', 'sh', '-c', remove, 'sh', name])
}
