/** Every runtime, as root and as a plain user, with the demo's daemons: they run, answer, are entered and end. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { Privilege, RuntimeConfig } from '../../src/bundle/types.ts'
import type { Runtime } from '../../src/spec/types.ts'
import { forget, PRIVILEGES, type Run, run, start } from '../bundle/machine.ts'
import { demoImages } from '../support/demo-images.ts'
import { asPlainUser } from '../support/plain-user.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { follow, hasPid, until, watcherOf } from '../support/running.ts'

const RUNTIMES: readonly Runtime[] = ['runc', 'crun', 'bwrap', 'bwrap-oci']

/** A daemon, what it is asked, and how it ends when it gets TERM. */
interface Daemon {
  readonly keys: string
  readonly port: number
  readonly request: string
  readonly answer: RegExp
  /** A folder that it may write to. */
  readonly writes: string
  readonly ends: number
}

const get = (path: string) => `GET ${path} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n`
const TMP = '{ type: tmpfs, target: /tmp, mode: "1777" }'
const mounts = (volume: string) => `mounts: [{ type: volume, source: ${volume}, target: /data }, ${TMP}]`

const DAEMONS: Readonly<Record<string, Daemon>> = {
  busybox: {
    keys: `args: [sh, -c, 'trap "exit 9" TERM; httpd -f -p 8080 -h /etc & wait']\n    ${mounts('busybox')}`,
    port: 8080,
    request: get('/passwd'),
    answer: /^root:x:0:0:/m,
    writes: '/data',
    ends: 9,
  },
  redis: {
    keys: mounts('redis'),
    port: 16379,
    request: 'PING\\r\\nQUIT\\r\\n',
    answer: /^\+PONG/,
    writes: '/data',
    ends: 0,
  },
  nginx: {
    keys: `mounts: [${TMP}]`,
    port: 18080,
    request: get('/'),
    answer: /<title>/,
    writes: '/tmp',
    ends: 0,
  },
  etcd: {
    keys: mounts('etcd'),
    port: 12379,
    request: get('/health'),
    answer: /"health":"true"/,
    writes: '/data',
    ends: 0,
  },
}

vi.setConfig({ testTimeout: 300_000 })

/** A project with all bundles, applied once for each who runs them. */
const applied = new Map<string, Promise<Project>>()

async function makeProject(ctx: Parameters<typeof needs>[0], privilege: Privilege): Promise<Project> {
  const images = await demoImages(ctx)
  const project = await newProject()
  const bundles = Object.entries(DAEMONS).map(
    ([name, { keys }]) => `  ${name}:
    image: oci:${images}:${name}
    env: { TZ: UTC }
    namespaces: [ipc, mount, network, pid, uts]
    ${keys}\n`,
  )
  await project.write(`bundles:\n${bundles.join('')}`)
  mkdirSync(join(project.folder, 'state'), { mode: 0o700 })
  const user = privilege.kind === 'root' ? project : await asPlainUser(ctx, project, privilege.uid)
  expect(await user.run(['apply'])).toMatchObject({ status: 0 })
  return user
}

/** A plain user's group is like the user's number, as the project is given away. */
const CASES = PRIVILEGES.map(who => (who.kind === 'root' ? who : { ...who, gid: who.uid })).flatMap(
  privilege =>
    RUNTIMES.flatMap(runtime =>
      Object.keys(DAEMONS).map(name => ({ runtime, kind: privilege.kind, name, privilege })),
    ),
)
const nameOf = (name: string) => `matrix-${name}-${process.pid}`

afterAll(() => forget(...Object.keys(DAEMONS).map(nameOf)))

describe.each(CASES)('$runtime as $kind: $name', ({ runtime, name, privilege }) => {
  const daemon = DAEMONS[name]!
  const container = nameOf(name)

  test('runs as it was declared, answers, is entered, and ends', async ctx => {
    needs(ctx, 'skopeo', 'setpriv', 'nsenter', 'bash', runtime)
    const project = await (applied.get(privilege.kind) ??
      applied.set(privilege.kind, makeProject(ctx, privilege)).get(privilege.kind)!)
    const bundle = join(project.folder, 'out', name)
    // bwrap-oci cannot be another user than root without a user namespace, and the lint has said so.
    if (runtime === 'bwrap-oci' && !existsSync(join(bundle, 'run-bwrap-oci')))
      ctx.skip(`${runtime} cannot run ${name}`)
    const config: RuntimeConfig = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'))
    const env = { XDG_RUNTIME_DIR: join(project.folder, 'state'), LEAK: 'x' }
    const how: Run = { privilege, env, hideCgroup2: runtime === 'crun' }
    const script = (which: string, ...args: string[]) => {
      const { status, stdout, stderr } = run(join(bundle, which), {
        ...how,
        args: ['--name', container, ...args],
      })
      return { status, said: stdout + stderr }
    }

    // Another command, with the environment that is declared, and its status.
    const seen = script(`run-${runtime}`, '--', 'sh', '-c', 'env; exit 37')
    const ofShell = ['PWD', 'SHLVL', 'OLDPWD', '_'].map(variable => `${variable}=`)
    const isDeclared = (line: string) => !ofShell.some(start => line.startsWith(start))
    expect(seen.said.trim().split('\n').filter(isDeclared).sort()).toEqual([...config.process.env].sort())
    expect(seen.status).toBe(37)

    // The daemon itself.
    const pidFile = join(project.folder, 'state', `${container}-${runtime}.pid`)
    const args = ['--name', container, '--pid-file', pidFile]
    const running = follow(start(join(bundle, `run-${runtime}`), { ...how, args }))
    await until(() => hasPid(pidFile) || running.said().includes('status '))
    const pid = readFileSync(pidFile, 'utf8').trim()
    await vi.waitFor(() => expect(ask(pid, daemon, privilege)).toMatch(daemon.answer), 30_000)

    // What is entered may write where it should, and nowhere else.
    const places = ['', '/bin', '/etc', '/usr', '/var', '/sys/kernel', '/proc/sys/kernel', daemon.writes]
    const tries = `for at in ${places.map(place => `"${place}"`).join(' ')}; do (: >"$at/probe") 2>/dev/null && echo "$at"; done; exit 38`
    expect(script('exec', 'sh', '-c', tries)).toEqual({ status: 38, said: `${daemon.writes}\n` })
    const volume = config.mounts.find(({ source }) => source.startsWith('mounts/'))
    if (volume !== undefined) expect(existsSync(join(bundle, volume.source, 'probe'))).toBe(true)
    expect(script('exec', 'env').said.trim().split('\n').sort()).toEqual([...config.process.env].sort())
    expect(script('status')).toMatchObject({ status: 0 })

    // TERM to the script, as a service manager sends it, reaches the daemon.
    process.kill(watcherOf(Number(pid)), 'SIGTERM')
    const { status } = await running.ended()
    const reported = /status (\d+)\n$/.exec(running.said())
    expect(privilege.kind === 'root' ? status : Number(reported![1])).toBe(daemon.ends)
    expect(script('status')).toEqual({ status: 3, said: 'status: absent\n' })
  })
})

describe.each(['root', 'rootless'])('after all that, as %s', kind => {
  test('the store is sound, and there is nothing to do', async ctx => {
    needs(ctx, 'ostree')
    const project = await applied.get(kind)
    if (project === undefined) return ctx.skip('nothing was run')
    const fsck = await project.tool('ostree', 'fsck', '--quiet', '--repo=.ctrbuild/repo')
    expect(fsck).toMatchObject({ status: 0 })
    expect((await project.run(['plan'])).stdout).toMatch(/^No changes/)
    expect(await project.run(['verify'])).toMatchObject({ status: 0 })
  })
})

/** What a daemon answers in its container's network, which nobody else has. */
function ask(pid: string, { port, request }: Daemon, privilege: Privilege): string {
  const enter = [
    '--target',
    pid,
    '--net',
    ...(privilege.kind === 'root' ? [] : ['--user', '--preserve-credentials']),
  ]
  const talk = `exec 3<>/dev/tcp/127.0.0.1/${port} && printf '${request}' >&3 && timeout 5 cat <&3`
  const { stdout } = run('nsenter', { privilege, args: [...enter, 'bash', '-c', talk] })
  return stdout
}
