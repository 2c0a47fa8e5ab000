/** What can be done with a container that runs, by the scripts of its bundle, under every runtime. */
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { BundleSpec, Runtime } from '../../src/spec/types.ts'
import { temporaryFolder } from '../support/folder.ts'
import { needs } from '../support/programs.ts'
import { follow, hasPid, isRunning, until, watcherOf } from '../support/running.ts'
import { forget, giveTo, PLAIN, PRIVILEGES, place, type Run, run, start } from './machine.ts'
import { sampleBundle, sampleImage, sampleSpec } from './sample.ts'

const RUNTIMES: Runtime[] = ['runc', 'crun', 'bwrap-oci', 'bwrap']
const CASES = PRIVILEGES.flatMap(privilege =>
  RUNTIMES.flatMap(runtime =>
    (privilege.kind === 'root' ? ['root', 'redis'] : ['root']).map(
      user => [runtime, privilege.kind, user, privilege] as const,
    ),
  ),
)
const NAME = `ctrbuild-container-${process.pid}`
const folder = await temporaryFolder()
const state = join(folder, 'state')

vi.setConfig({ testTimeout: 60_000 })

afterAll(() => forget(NAME))

beforeAll(() => {
  chmodSync(folder, 0o711)
  mkdirSync(state, { mode: 0o700 })
  giveTo(PLAIN, state)
})

/** Says that it is there, and goes on until it is told to end, which it says with a status of its own. */
const SERVICE = [
  'sh',
  '-c',
  'trap "echo got TERM; exit 5" TERM; trap "echo got QUIT; exit 6" QUIT; trap "echo got INT; exit 7" INT; echo ready; while :; do sleep 0.05; done',
]

describe.each(CASES)('%s as %s for %s', (runtime, kind, user, privilege) => {
  const generations = join(folder, `${runtime}-${kind}-${user}`)
  const one = join(generations, '1')
  const how: Run = { privilege, env: { XDG_RUNTIME_DIR: state }, hideCgroup2: runtime === 'crun' }

  /** Runs one of the scripts. */
  const script = (name: string, args: readonly string[] = [], bundle = one) => {
    const result = run(join(bundle, name), { ...how, args: ['--name', NAME, ...args] })
    return { status: result.status, said: result.stdout + result.stderr }
  }
  const detach = (...args: string[]) =>
    expect(script(`run-${runtime}`, ['--detach', ...args])).toEqual({ status: 0, said: '' })
  const inside = (command: string) => script('exec', ['sh', '-c', command])

  beforeAll(() => {
    mkdirSync(generations)
    chmodSync(generations, 0o755)
    make('1', { env: { GENERATION: '1', LINES: 'a\nb' } })
    make('2', { env: { GENERATION: '2' } })
  })

  function make(generation: string, keys: Partial<BundleSpec>) {
    const spec = sampleSpec({
      args: SERVICE,
      user,
      cwd: '/srv/app',
      mounts: [{ type: 'tmpfs', target: '/cache', size: 65536, mode: 0o1777, readonly: false }],
      runtimes: [runtime],
      ...keys,
    })
    const image = sampleImage({ stopSignal: 'SIGQUIT' })
    if (runtime === 'bwrap-oci' && user !== 'root') return
    place(sampleBundle({ spec, image, privilege }), join(generations, generation), privilege)
  }

  afterEach(() => void (existsSync(one) && script('stop', ['--timeout', '0'])))

  const runs = (name: string, body: () => void | Promise<void>) =>
    test(name, async ctx => {
      needs(ctx, runtime, 'busybox', 'setpriv')
      if (!existsSync(one)) ctx.skip(`${runtime} does not run it`)
      await body()
    })

  runs('detached, it is told of, entered, and ended with the signal that the image names', () => {
    const pidFile = join(state, `${runtime}-${kind}-${user}.pid`)
    detach('--pid-file', pidFile)
    const pid = readFileSync(pidFile, 'utf8').trim()
    expect(isRunning(Number(pid))).toBe(true)
    expect(script('status')).toEqual({
      status: 0,
      said: expect.stringMatching(
        new RegExp(`^status: running\nruntime: ${runtime}\npid: ${pid}\nsince: \\S+Z\nbundle: ${one}\n$`),
      ),
    })
    expect(script('logs').said).toBe('ready\n')
    expect(script('exec', ['--', 'sh', '-c', 'echo out; exit 42'])).toEqual({ status: 42, said: 'out\n' })
    expect(script('stop')).toEqual({ status: 0, said: '' })
    expect(isRunning(Number(pid))).toBe(false)
    expect(script('status')).toEqual({ status: 3, said: expect.stringMatching(/^status: stopped\n/) })
    expect(script('logs', ['-f']).said).toBe('ready\ngot QUIT\n')
    expect(script('stop')).toEqual({ status: 0, said: `stop: ${NAME} is not running\n` })
  })

  runs('what is entered is the same place, with the same rights, and the declared environment', () => {
    detach()
    const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    const home = `HOME=${user === 'redis' && kind === 'root' ? '/var/lib/redis' : '/root'}`
    expect(script('exec', ['env']).said).toBe(`GENERATION=1\n${home}\nLINES=a\nb\n${path}\n`)
    expect(inside('pwd; hostname; ls /proc/self/fd | grep -v 3').said).toBe('/srv/app\ntiny\n0\n1\n2\n')
    const same =
      'for kind in cgroup ipc mnt net pid user uts; do [ /proc/1/ns/$kind -ef /proc/self/ns/$kind ] || echo $kind; done'
    expect(inside(same).said).toBe('')
    // Outside of a user namespace, root's bubblewrap leaves the bounding set of the first process as it was.
    const rights = 'grep -E "^(Uid|Gid|Groups|Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|Seccomp):" /proc/$0/status'
    expect(script('exec', ['sh', '-c', rights.replace('$0', 'self')]).said).toBe(
      inside(rights.replace('$0', '1')).said,
    )
    expect(inside('grep CapBnd /proc/self/status').said).toBe(`CapBnd:\t0000000020000420\n`)
    expect(inside('grep -E "Max open files|Max core" /proc/self/limits').said).toBe(
      inside('grep -E "Max open files|Max core" /proc/1/limits').said,
    )
    expect(inside('echo x >/cache/x; (echo x >/x) 2>/dev/null || echo no').said).toBe('no\n')
    expect(inside('cat /cache/x').said).toBe('x\n')
  })

  runs('in the foreground, signals reach it and its exit status comes back', async () => {
    for (const [signal, status, word] of [
      ['SIGTERM', 5, 'TERM'],
      ['SIGINT', 7, 'INT'],
    ] as const) {
      const pidFile = join(state, `${runtime}-${kind}-${user}-${word}.pid`)
      const running = follow(
        start(join(one, `run-${runtime}`), { ...how, args: ['--name', NAME, '--pid-file', pidFile] }),
      )
      await until(() => running.said().includes('ready') && hasPid(pidFile))
      const script = watcherOf(Number(readFileSync(pidFile, 'utf8')))
      process.kill(script, signal)
      const ended = await running.ended()
      const said = running.said().replace(/^new[ug]idmap: .*\n/gm, '')
      if (kind === 'root') expect([ended.status, said]).toEqual([status, `ready\ngot ${word}\n`])
      else expect(said).toBe(`ready\ngot ${word}\nstatus ${status}\n`)
    }
    expect(script('status')).toEqual({ status: 3, said: 'status: absent\n' })
  })

  runs('what does not care for its signal is killed after a while', () => {
    detach('--', 'sleep', '1000')
    expect(script('stop', ['--timeout', '0'])).toEqual({ status: 0, said: '' })
    expect(script('status').status).toBe(3)
  })

  runs('one that was started before an apply is entered and ended as its own generation says', () => {
    detach()
    expect(script('exec', ['sh', '-c', 'echo $GENERATION'], join(generations, '2')).said).toBe('1\n')
    expect(script('stop', [], join(generations, '2'))).toEqual({ status: 0, said: '' })
    expect(script('logs', [], join(generations, '2')).said).toBe('ready\ngot QUIT\n')
  })

  runs('after a crash the name is free, or what still runs can be ended', async () => {
    const pidFile = join(state, `${runtime}-${kind}-${user}-crash.pid`)
    const first = () => Number(readFileSync(pidFile, 'utf8'))
    detach('--pid-file', pidFile)
    process.kill(watcherOf(first()), 'SIGKILL')
    if (runtime.startsWith('bwrap')) await until(() => !isRunning(first()))
    else expect(script('status').status).toBe(0)
    expect(script('stop', ['--timeout', '5']).status).toBe(0)
    detach('--pid-file', pidFile)
    for (const pid of [watcherOf(first()), first()]) if (isRunning(pid)) process.kill(pid, 'SIGKILL')
    await until(() => !isRunning(first()))
    expect(script('exec', ['true'])).toEqual({ status: 69, said: `exec: ${NAME} is not running\n` })
    detach()
    expect(script('exec', ['true'])).toEqual({ status: 0, said: '' })
  })

  runs('a name is one container, and a command that is not there is told', () => {
    expect(script('exec', ['true'])).toEqual({ status: 69, said: `exec: ${NAME} is not running\n` })
    const failed = script(`run-${runtime}`, ['--detach', '--', '/no/such'])
    expect(failed.status).not.toBe(0)
    expect(failed.said).toMatch(/\/no\/such/)
    detach()
    expect(script(`run-${runtime}`)).toEqual({
      status: 75,
      said: `run-${runtime}: there is a container ${NAME} already: give this one another --name, or end it: ${one}/stop --name ${NAME}\n`,
    })
    expect(script('exec', ['/no/such']).status).not.toBe(0)
    expect(script('exec', [])).toEqual({ status: 64, said: 'exec: what is to be run is missing\n' })
    const elsewhere = join(folder, `${runtime}-${kind}-${user}-elsewhere`)
    mkdirSync(elsewhere, { mode: 0o755 })
    run('cp', { privilege: { kind: 'root' }, args: ['-a', one, join(elsewhere, '1')] })
    expect(script('stop', [], join(elsewhere, '1'))).toEqual({
      status: 77,
      said: `stop: ${NAME} was started from ${one}, and is not a container of this bundle\n`,
    })
  })
})
