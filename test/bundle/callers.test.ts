import { spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Privilege } from '../../src/bundle/types.ts'
import { temporaryFolder } from '../support/folder.ts'
import { needs } from '../support/programs.ts'
import { forget, giveTo, PLAIN, PRIVILEGES, place, run } from './machine.ts'
import { sampleBundle, sampleImage, sampleSpec } from './sample.ts'

const NAME = `ctrbuild-callers-${process.pid}`
const ROOT: Privilege = { kind: 'root' }
const USER: Privilege = { kind: 'rootless', ...PLAIN }
const isRoot = PRIVILEGES.some(privilege => privilege.kind === 'root')

vi.setConfig({ testTimeout: 60_000 })

const folder = await temporaryFolder()
const state = join(folder, 'state')

beforeAll(() => {
  chmodSync(folder, 0o711)
  mkdirSync(state, { mode: 0o700 })
  giveTo(PLAIN, state)
  place(
    sampleBundle({ spec: sampleSpec({ args: ['id', '-u'] }), privilege: USER }),
    join(folder, 'user'),
    USER,
  )
})

afterAll(() => forget(NAME))

describe.each(['runc', 'bwrap'])('root with %s', runtime => {
  test("runs as the image's user, who needs no way into the bundle's folder", ctx => {
    if (!isRoot) ctx.skip('needs root')
    needs(ctx, runtime, 'busybox')
    const bundle = sampleBundle({
      spec: sampleSpec({ mounts: [{ type: 'volume', source: 'data', target: '/data', readonly: false }] }),
      image: sampleImage({ user: 'redis', volumes: ['/cache'] }),
    })
    const at = join(folder, `private-${runtime}`)
    place(bundle, at, ROOT, { 'mounts/data': '../data' })
    mkdirSync(join(at, 'data'))
    chownSync(join(at, 'data'), 999, 998)
    const command =
      'id -u; id -g; touch /data/x /cache/y; stat -c "%u:%g %a" /data/x /cache; cat /etc/passwd >/dev/null && echo read'
    const { stdout, stderr } = run(join(at, `run-${runtime}`), {
      privilege: ROOT,
      args: ['--name', NAME, '--', 'sh', '-c', command],
    })
    expect(stderr + stdout).toBe('999\n998\n999:998 644\n999:998 755\nread\n')
    expect(statSync(join(at, 'data/x')).uid).toBe(999)
  })
})

describe.each(['runc', 'crun', 'bwrap'])('run-%s', runtime => {
  test("refuses a plain user with root's bundle, and root with a plain user's", ctx => {
    if (!isRoot) ctx.skip('needs root')
    needs(ctx, runtime)
    place(sampleBundle(), join(folder, `root-${runtime}`), ROOT)
    chmodSync(join(folder, `root-${runtime}`), 0o755)
    const wrong = run(join(folder, `root-${runtime}/run-${runtime}`), { privilege: USER })
    expect(wrong.stdout).toBe(
      `run-${runtime}: this bundle was made by root, for root: apply it as the user who runs it\n`,
    )
    expect(wrong.status).toBe(77)
    const other = run(join(folder, `user/run-${runtime}`), { privilege: ROOT })
    expect(other.stderr).toBe(
      `run-${runtime}: this bundle was made for uid ${PLAIN.uid}: run it as that user, or apply it as yourself\n`,
    )
  })
})

describe('a plain user without a runtime folder', () => {
  const fallback = `/tmp/ctrbuild-${PLAIN.uid}`

  test('has a private one in /tmp, and nobody else can have made it', ctx => {
    if (!isRoot) ctx.skip('needs root')
    needs(ctx, 'runc', 'busybox')
    const start = () =>
      run(join(folder, 'user/run'), { privilege: USER, env: { XDG_RUNTIME_DIR: '/run/user/0' } })
    try {
      expect(start().stdout).toBe('0\n')
      expect(statSync(fallback).mode & 0o7777).toBe(0o700)
      chownSync(fallback, 1, 1)
      expect(start()).toMatchObject({
        stdout: `run-runc: ${fallback} is not a private folder of yours\n`,
        status: 77,
      })
    } finally {
      rmSync(fallback, { recursive: true, force: true })
    }
  })
})

test('a second container of a name is refused while there is a first, and says how to remove it', async ctx => {
  needs(ctx, 'runc', 'busybox')
  const privilege = PRIVILEGES[0]!
  place(sampleBundle({ privilege }), join(folder, 'twice'), privilege)
  const script = join(folder, 'twice/run-runc')
  const start = (...command: string[]) =>
    run(script, { privilege, args: ['--name', NAME, '--', ...command], env: { XDG_RUNTIME_DIR: state } })
  const first = spawn(script, ['--name', NAME, '--', 'sh', '-c', 'echo up; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, XDG_RUNTIME_DIR: state },
  })
  const ended = new Promise(resolve => first.on('exit', resolve))
  await new Promise(resolve => first.stdout.once('data', resolve))
  const { stdout, stderr, status } = start('true')
  expect(stdout + stderr).toMatch(
    /^run-runc: there is a container \S+ already: give this one another --name, or end it: \S+\/twice\/stop --name \S+\n$/,
  )
  expect(status).toBe(75)
  // Without its record, as when it was started by hand.
  rmSync(join(isRoot ? '/run' : state, 'ctrbuild/containers', NAME), { recursive: true })
  const unknown = start('true')
  expect(unknown.stdout + unknown.stderr).toMatch(
    /^run-runc: there is a container \S+ already: give this one another --name, or: runc --root \S+ delete --force \S+\n$/,
  )
  first.stdin.end()
  expect(await ended).toBe(0)
  expect(start('true').status).toBe(0)
})
