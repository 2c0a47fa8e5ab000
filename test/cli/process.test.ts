/** The program as a process: as `make build` leaves it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { PROGRAM } from '../support/project.ts'

function ctrbuild(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    cwd: '/',
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('--version needs nothing but the entry', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(ctrbuild('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
  expect(readFileSync(PROGRAM, 'utf8')).not.toContain('yargs')
})

test('statuses and streams', () => {
  expect(ctrbuild('--help')).toMatchObject({ status: 0, stderr: '' })
  expect(ctrbuild('pln')).toMatchObject({ status: 64, stdout: '' })
  expect(ctrbuild('validate')).toMatchObject({ status: 66, stdout: '' })
})

test('a reader that stops early is no failure', () => {
  const script = 'set -o pipefail; "$0" "$1" --help | true'
  const { status, stderr } = spawnSync('bash', ['-c', script, process.execPath, PROGRAM], {
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

test('what is longer than a pipe holds arrives whole', async () => {
  const cwd = await temporaryFolder()
  const keys = Array.from({ length: 3000 }, (_, i) => `no-such-key-${i}: 1\n`).join('')
  writeFileSync(join(cwd, 'bundles.yaml'), `apiVersion: ctrbuild/v1\nkind: Bundles\n${keys}`)
  const script = '"$0" "$1" validate 2>&1 | cat'
  const { stdout } = spawnSync('bash', ['-c', script, process.execPath, PROGRAM], { cwd, encoding: 'utf8' })
  expect(stdout.length).toBeGreaterThan(200_000)
  expect(stdout).toContain('no-such-key-2999')
})

describe('signals', () => {
  /** Starts a command that waits for a registry for ever. */
  async function waiting(skopeo: string): Promise<ChildProcess> {
    const cwd = await temporaryFolder()
    const bundles = '{redis: {image: "localhost:1/redis:7"}}'
    writeFileSync(join(cwd, 'bundles.yaml'), `apiVersion: ctrbuild/v1\nkind: Bundles\nbundles: ${bundles}\n`)
    writeFileSync(join(cwd, 'skopeo'), `#!/bin/sh\n${skopeo}\n`, { mode: 0o755 })
    const env = { ...process.env, PATH: `${cwd}${delimiter}${process.env.PATH}`, CI: '' }
    const child = spawn(process.execPath, [PROGRAM, 'plan'], {
      cwd,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    while (!existsSync(join(cwd, 'started'))) await sleep(20)
    return child
  }

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends the command in good order', async (signal, status) => {
    const child = await waiting(': >started; exec sleep 60')
    const said = child.stderr!.toArray()
    const began = Date.now()
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([status, null])
    expect(Date.now() - began).toBeLessThan(2000)
    expect(Buffer.concat(await said).toString()).toContain(`stopped by ${signal}`)
  })

  test('a second one does not wait', async () => {
    const child = await waiting(
      "trap '' TERM; : >started; n=0; while [ $n -lt 30 ]; do sleep 0.1; n=$((n+1)); done",
    )
    child.kill('SIGINT')
    await sleep(100)
    const began = Date.now()
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
    expect(Date.now() - began).toBeLessThan(500)
  })
})
