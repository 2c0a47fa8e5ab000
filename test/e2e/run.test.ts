/** Running what was applied, with the built program: run, exec, stop, ps and logs, and what reaches the container. */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { asPlainUser } from '../support/plain-user.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { follow, hasPid, until } from '../support/running.ts'
import { writeTar } from '../support/tar-writer.ts'

const NAME = `e2e-run-${process.pid}`
/** Names each signal that it gets, and ends with a status of its own at the third. */
const SERVICE = `n=0; for s in HUP INT QUIT TERM USR1 USR2; do trap "echo got $s; n=\\$((n+1))" $s; done
echo ready; while [ $n -lt 3 ]; do sleep 0.05; done; exit 7`

async function busyboxProject(): Promise<Project> {
  const project = await newProject()
  const layer = writeTar([
    { path: 'bin/busybox', type: 'file', mode: 0o755, content: await readFile('/bin/busybox') },
    ...['cat', 'echo', 'env', 'sh', 'sleep', 'true'].map(
      name => ({ path: `bin/${name}`, type: 'symlink', target: 'busybox' }) as const,
    ),
  ])
  await project.layout.add({ layers: [layer], config: { Cmd: ['sh', '-c', SERVICE] } }, 'one')
  await project.write(`bundles:\n  ${NAME}: { image: oci:images:one, runtimes: [runc, bwrap] }\n`)
  return project
}

describe.each(['runc', 'bwrap'])('%s', runtime => {
  let project: Project
  beforeEach(async ctx => {
    needs(ctx, 'skopeo', 'busybox', runtime)
    if (runtime === 'runc' && process.getuid!() !== 0)
      ctx.skip('runc of a plain user wants a terminal of theirs')
    project = await busyboxProject()
    expect(await project.run(['apply'])).toMatchObject({ status: 0 })
  })
  afterEach(async () => {
    await project?.run(['stop', NAME, '--timeout', '0s'])
    await project?.tool('rm', '-rf', `/run/ctrbuild/containers/${NAME}`, `/run/ctrbuild/bundles/${NAME}`)
  })
  const run = (...args: string[]) => project.run(['run', NAME, '--runtime', runtime, ...args])

  test('in the foreground: the status, the streams and every signal', async () => {
    expect(await run('--', 'sh', '-c', 'echo out; echo err >&2; exit 42')).toEqual({
      status: 42,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    const pidFile = join(project.folder, 'pid')
    const running = follow(project.start(['run', NAME, '--runtime', runtime, '--pid-file', 'pid']))
    await until(() => running.said() === 'ready\n' && hasPid(pidFile))
    for (const [i, signal] of (['SIGINT', 'SIGTERM', 'SIGQUIT'] as const).entries()) {
      running.kill(signal)
      await until(() => running.said().split('\n').length === i + 3)
    }
    expect(await running.ended()).toMatchObject({ status: 7, signal: null })
    expect(running.said()).toBe('ready\ngot INT\ngot TERM\ngot QUIT\n')
  })

  test('detached: listed, entered, ended and read', async () => {
    expect(await run('--detach', '--pid-file', 'pid')).toEqual({ status: 0, stdout: '', stderr: '' })
    const { containers } = JSON.parse((await project.run(['ps', '--json'])).stdout)
    const mine = containers.filter(({ name }: { name: string }) => name === NAME)
    expect(mine).toEqual([
      {
        name: NAME,
        bundle: join(project.folder, 'out/.generations', NAME, '1'),
        pid: Number(readFileSync(join(project.folder, 'pid'), 'utf8')),
        runtime,
        since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        status: 'running',
      },
    ])
    expect((await project.run(['ps'])).stdout).toMatch(new RegExp(`^${NAME} +running +${runtime} `, 'm'))
    expect(await project.run(['exec', NAME, 'echo', 'one', '--', '--two'])).toEqual({
      status: 0,
      stdout: 'one --two\n',
      stderr: '',
    })
    expect(await project.run(['exec', NAME, '--', 'sh', '-c', 'exit 3'])).toMatchObject({ status: 3 })
    await vi.waitFor(async () => expect((await project.run(['logs', NAME])).stdout).toBe('ready\n'), 20_000)
    expect(await project.run(['stop', NAME, '--signal', 'KILL'])).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    })
    expect((await project.run(['ps'])).stdout).toMatch(new RegExp(`^${NAME} +stopped +${runtime} `, 'm'))
    expect(await project.run(['exec', NAME, 'true'])).toMatchObject({ status: 69 })
    expect(await project.run(['logs', NAME, '--follow'])).toEqual({
      status: 0,
      stdout: 'ready\n',
      stderr: '',
    })
    expect(await project.run(['plan'])).toMatchObject({ stdout: expect.stringMatching(/^No changes/) })
  })
})

describe('mistakes', () => {
  let project: Project
  beforeEach(async ctx => {
    needs(ctx, 'skopeo', 'busybox')
    project = await busyboxProject()
  })
  test.each([
    [
      ['run', 'other'],
      66,
      /^error BUNDLE_MISSING: there is no bundle "other" in \S+\n {2}hint: Run "ctrbuild apply"\n$/,
    ],
    [['run', '../out'], 66, /^error BUNDLE_MISSING: there is no bundle "..\/out" in /],
    [
      ['run', NAME, '--runtime', 'crun'],
      66,
      /^error BUNDLE_MISSING: the bundle \S+ is not made for crun\n {2}hint: It runs under bwrap, runc; /,
    ],
    [
      ['exec', 'no-such', 'true'],
      69,
      /^error CONTAINER_MISSING: there is no container no-such\n {2}hint: See "ctrbuild ps" /,
    ],
    [['exec', '../x', 'true'], 64, /^error USAGE: "..\/x" cannot be a container's name\n/],
    [['exec', NAME], 64, /^error USAGE: what is to be run is missing\n {2}hint: For example: /],
    [['stop', 'no-such'], 69, /^error CONTAINER_MISSING: /],
    [['logs', 'no-such'], 69, /^error CONTAINER_MISSING: /],
  ])('%j', async (args, status, message) => {
    await project.run(['apply'])
    const ended = await project.run(args)
    expect(ended.stderr).toMatch(message)
    expect(ended).toMatchObject({ status, stdout: '' })
  })
})

test("a plain user's containers are theirs alone", async ctx => {
  needs(ctx, 'skopeo', 'busybox', 'bwrap')
  const project = await busyboxProject()
  const user = await asPlainUser(ctx, project)
  expect(await user.run(['apply'])).toMatchObject({ status: 0 })
  expect(await user.run(['run', NAME, '--runtime', 'bwrap', '--detach'])).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  })
  try {
    expect((await user.run(['ps'])).stdout).toMatch(new RegExp(`^${NAME} +running +bwrap `, 'm'))
    expect((await user.run(['exec', NAME, 'env'])).stdout).toBe(
      'HOME=/\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n',
    )
    if (process.getuid!() === 0) expect((await project.run(['ps'])).stdout).not.toContain(NAME)
  } finally {
    expect(await user.run(['stop', NAME, '--timeout', '0s'])).toMatchObject({ status: 0 })
    await user.tool('rm', '-rf', `/tmp/ctrbuild-54321/ctrbuild/containers/${NAME}`)
  }
})
