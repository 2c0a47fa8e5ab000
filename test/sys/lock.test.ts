import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type LockOptions, lockFile } from '../../src/sys/lock.ts'
import { ostree, ostreeCommit, ostreeRepo } from '../ostree/repositories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { problemOf } from '../support/problem.ts'
import { needs } from '../support/programs.ts'

vi.setConfig({ testTimeout: 30_000 })

let path: string
let started: ChildProcess[]
beforeEach(async () => {
  path = join(await temporaryFolder(), '.lock')
  started = []
})
afterEach(() => {
  for (const child of started) child.kill('SIGKILL')
})

test('shared locks go together, an exclusive one stands alone', async () => {
  const [one, two] = [await lock({ exclusive: false }), await lock({ exclusive: false })]
  expect(await problemOf(() => lock({ exclusive: true }))).toBe(
    `STORE_BUSY: ${path} is locked by another program`,
  )
  one.release()
  two.release()
  two.release()
  const alone = await lock({ exclusive: true })
  expect(readFileSync(path, 'utf8')).toBe('pid 1 (test)\n')
  expect(await problemOf(() => lock({ exclusive: false }))).toBe(
    `STORE_BUSY: ${path} is locked by pid 1 (test)`,
  )
  alone.release()
  expect(readFileSync(path, 'utf8')).toBe('')
  ;(await lock({ exclusive: false })).release()
})

test('who waits is told for whom, and goes on when the lock is free', async () => {
  const held = await lock({ exclusive: true })
  const onWait = vi.fn(() => held.release())
  const next = await lock({ exclusive: true, timeout: undefined, holder: 'pid 2', onWait })
  expect(onWait.mock.calls).toEqual([['pid 1 (test)']])
  next.release()
})

test('waiting ends with the timeout or the signal', async () => {
  const held = await lock({ exclusive: true })
  const problem = await problemOf(() => lock({ exclusive: true, timeout: 200 }))
  expect(problem).toBe(`STORE_BUSY: ${path} is locked by pid 1 (test), still after 0.2 s`)
  const stop = new AbortController()
  const waiting = lock(
    { exclusive: true, timeout: undefined, onWait: () => stop.abort(new Error('stopped')) },
    stop.signal,
  )
  await expect(waiting).rejects.toThrow('stopped')
  held.release()
})

test('a lock file that is removed meanwhile does not let two in', async () => {
  const held = await lock({ exclusive: true })
  unlinkSync(path)
  const second = await lock({ exclusive: true })
  expect(await problemOf(() => lock({ exclusive: true }))).toMatch(/^STORE_BUSY: /)
  held.release()
  expect(await problemOf(() => lock({ exclusive: true }))).toMatch(/^STORE_BUSY: /)
  second.release()
})

test('another process keeps us out until it dies', async () => {
  const child = await holdElsewhere(true)
  expect(await problemOf(() => lock({ exclusive: false }))).toBe(
    `STORE_BUSY: ${path} is locked by pid ${child.pid}`,
  )
  child.kill('SIGKILL')
  await once(child, 'exit')
  const held = await lock({ exclusive: false })
  expect(readFileSync(path, 'utf8')).toBe('')
  held.release()
})

describe('against ostree', () => {
  test('a shared lock lets it commit and keeps it from pruning', async ctx => {
    needs(ctx, 'ostree')
    const repo = await repository()
    const held = await lock({ exclusive: false })
    ostreeCommit(repo, 'main', [{ path: './', type: 'dir' }])
    expect(() => ostree(repo.path, 'prune')).toThrow('Locking repo exclusive failed')
    held.release()
    expect(ostree(repo.path, 'prune')).toContain('Total objects')
  })

  test('an exclusive lock keeps it from committing', async ctx => {
    needs(ctx, 'ostree')
    const repo = await repository()
    const held = await lock({ exclusive: true })
    const commit = () => ostreeCommit(repo, 'main', [{ path: './', type: 'dir' }])
    expect(commit).toThrow('Locking repo shared failed')
    held.release()
    commit()
    expect(ostree(repo.path, 'refs')).toBe('main')
  })

  /** A repository that gives up on a lock after a second. */
  async function repository() {
    const repo = ostreeRepo(await temporaryFolder(), 'bare-user')
    ostree(repo.path, 'config', 'set', 'core.lock-timeout-secs', '1')
    path = join(repo.path, '.lock')
    return repo
  }
})

test('the native module is loaded only when it is used', () => {
  const text = readFileSync(new URL('../../src/sys/lock.ts', import.meta.url), 'utf8')
  expect(text).not.toMatch(/from 'fs-native-extensions'/)
})

function lock(options: Partial<LockOptions>, signal = new AbortController().signal) {
  return lockFile(path, { exclusive: true, timeout: 0, holder: 'pid 1 (test)', ...options }, signal)
}

/** A process that holds the lock as long as it lives. */
async function holdElsewhere(exclusive: boolean): Promise<ChildProcess> {
  const script = `
    const native = require('fs-native-extensions'), fs = require('node:fs')
    const fd = fs.openSync(process.argv[1], fs.constants.O_RDWR | fs.constants.O_CREAT)
    if (!native.tryLock(fd, 0, 0, { shared: process.argv[2] !== 'true' })) process.exit(1)
    fs.writeSync(fd, 'pid ' + process.pid)
    process.stdout.write('held')
    setInterval(() => undefined, 1000)`
  const cwd = new URL('../..', import.meta.url)
  const child = spawn(process.execPath, ['-e', script, path, String(exclusive)], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  started.push(child)
  await once(child.stdout!, 'data')
  return child
}
