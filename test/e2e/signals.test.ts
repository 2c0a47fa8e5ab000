/** Signals at any time, with the built program: it ends soon, leaves nothing half made, and the next apply goes on. */
import { createCipheriv } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { BuiltImage } from '../support/image.ts'
import { leftovers } from '../support/intact.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { childrenOf, follow, isRunning, type Running, until } from '../support/running.ts'
import { type StallingRegistry, startStallingRegistry } from '../support/stalling-registry.ts'
import { writeTar } from '../support/tar-writer.ts'

const tar = (path: string, content: Buffer) => writeTar([{ path, type: 'file', content }])

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
})

/** Sends a signal to a running apply, and expects a quick and clean end. */
async function stops(running: Running, signal: NodeJS.Signals, wanted: number): Promise<void> {
  const children = childrenOf(running.pid)
  running.kill(signal)
  const { status, took } = await running.ended()
  expect(running.said()).toMatch(
    new RegExp(`error (INTERRUPTED|TERMINATED): stopped by ${signal}\\n  hint: `),
  )
  expect([status, took < 2000]).toEqual([wanted, true])
  expect(children.filter(isRunning)).toEqual([])
  expect(await leftovers(project)).toEqual([])
  expect((await project.tool('find', 'out', '-name', 'ctrbuild.json')).stdout).toBe('')
}

describe('while a registry is slow', () => {
  let image: BuiltImage
  let registry: StallingRegistry
  beforeEach(async () => {
    const layers = [tar('a', Buffer.from('a')), tar('b', Buffer.from('b'))]
    image = await project.layout.add({ layers, config: { Cmd: ['/a'] } })
    registry = await startStallingRegistry(project, image)
    await project.write(registry.spec)
  })
  afterEach(() => registry?.stop())

  test.each([
    ['SIGINT', 130, 'the manifest'],
    ['SIGTERM', 143, 'a layer'],
  ] as const)('%s ends with %i, in the middle of %s', async (signal, status, what) => {
    registry.stall(what === 'a layer' ? image.layers[1]!.digest : '1')
    const running = follow(project.start(['apply']))
    await registry.stalled()
    await stops(running, signal, status)
    expect(await project.run(['apply'])).toMatchObject({ status: 0 })
  })
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends with %i, in the middle of a large import', async (signal, status) => {
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(
    Buffer.alloc(64 << 20),
  )
  const image = { layers: [tar('large', noise)], compression: 'none', config: { Cmd: ['/large'] } } as const
  await project.layout.add(image, 'large')
  await project.write('bundles:\n  one: { image: oci:images:large }\n')
  const running = follow(project.start(['apply', '--progress', 'plain']))
  await until(() => running.said().includes('\nimport '))
  await stops(running, signal, status)
  expect(running.said()).not.toContain('\nimported ')
  expect(await project.run(['apply'])).toMatchObject({ status: 0 })
})

test('a second signal does not wait for anything', async () => {
  await project.layout.add({ layers: [tar('a', Buffer.from('a'))] }, 'one')
  await project.write('bundles:\n  one: { image: oci:images:one }\n')
  const bin = join(project.folder, 'bin')
  await mkdir(bin)
  // Obeys nothing but SIGKILL.
  const deaf = '#!/bin/sh\ntrap "" INT TERM\necho $$ >pid.new\nmv pid.new pid\nwhile :; do sleep 0.1; done\n'
  await writeFile(join(bin, 'skopeo'), deaf, { mode: 0o755 })
  const running = follow(project.start(['apply'], { PATH: `${bin}:${process.env.PATH}` }))
  const path = join(project.folder, 'pid')
  await until(() => existsSync(path))
  const pid = Number(readFileSync(path, 'utf8'))
  onTestFinished(() => void process.kill(pid, 'SIGKILL'))
  running.kill('SIGINT')
  running.kill('SIGTERM')
  const { status, took } = await running.ended()
  // Of two that arrive together, either may be the first.
  expect([130, 143]).toContain(status)
  expect(took).toBeLessThan(1000)
  // It was left to itself.
  expect(isRunning(pid)).toBe(true)
})
