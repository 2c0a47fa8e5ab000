/** Several programs at once in one store, with the built program. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BuiltImage } from '../support/image.ts'
import { leftovers } from '../support/intact.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { childrenOf, follow, type Running, until } from '../support/running.ts'
import { type StallingRegistry, startStallingRegistry } from '../support/stalling-registry.ts'
import { writeTar } from '../support/tar-writer.ts'

let project: Project
let image: BuiltImage
let registry: StallingRegistry
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
  const layers = ['a', 'b'].map(path => writeTar([{ path, type: 'file', content: Buffer.from(path) }]))
  image = await project.layout.add({ layers, config: { Cmd: ['/a'] } })
  registry = await startStallingRegistry(project, image)
  await project.write(registry.spec)
})
afterEach(() => registry?.stop())

const start = (...args: string[]) => follow(project.start(['apply', ...args]))

/** An apply that holds the store's lock, and goes on when the registry does. */
async function holder(): Promise<Running> {
  registry.stall(image.layers[0]!.digest)
  const running = start()
  await registry.stalled()
  return running
}

test('the second apply waits, says for whom, and finds nothing to do', async () => {
  const first = await holder()
  const second = start()
  const notice = `Waiting for ctrbuild apply, process ${first.pid}, which holds ${project.folder}/.ctrbuild\n`
  await until(() => second.said().includes(notice))
  registry.release()
  expect(await first.ended()).toMatchObject({ status: 0 })
  expect(await second.ended()).toMatchObject({ status: 0 })
  expect(second.said()).toBe(`${notice}No changes. 1 bundle is up to date.\n`)
})

test('waiting ends after --lock-timeout', async () => {
  const first = await holder()
  const second = await project.run(['apply', '--lock-timeout', '0.3'])
  expect(second.status).toBe(75)
  expect(second.stderr).toMatch(
    new RegExp(
      `error STORE_BUSY: .* is locked by ctrbuild apply, process ${first.pid}, still after 0.3 s\n  hint: `,
    ),
  )
  registry.release()
  expect(await first.ended()).toMatchObject({ status: 0 })
})

test('waiting ends with a signal', async () => {
  await holder()
  const second = start()
  await until(() => second.said().includes('Waiting'))
  second.kill('SIGINT')
  const { status, took } = await second.ended()
  expect([status, took < 2000]).toEqual([130, true])
})

test('who waits for an apply that is killed takes over, and clears away', async () => {
  const first = await holder()
  const second = start()
  await until(() => second.said().includes('Waiting'))
  const skopeo = childrenOf(first.pid)
  first.kill('SIGKILL')
  for (const pid of skopeo) process.kill(pid, 'SIGKILL')
  expect(await second.ended()).toMatchObject({ status: 0 })
  expect(await leftovers(project)).toEqual([])
  expect((await project.run(['apply'])).stdout).toMatch(/^No changes/)
})

test('ostree commits into the store meanwhile, but does not prune it', async ctx => {
  needs(ctx, 'ostree')
  const first = await holder()
  await mkdir(join(project.folder, 'mine'))
  const ostree = (...args: string[]) => project.tool('ostree', '--repo=.ctrbuild/repo', ...args)
  expect(await ostree('commit', '--branch=mine', '--tree=dir=mine')).toMatchObject({ status: 0 })
  await ostree('config', 'set', 'core.lock-timeout-secs', '0')
  expect((await ostree('prune')).stderr).toMatch(/Locking repo exclusive failed/)
  registry.release()
  expect(await first.ended()).toMatchObject({ status: 0 })
  expect(await ostree('prune')).toMatchObject({ status: 0 })
  expect(await ostree('fsck', '--quiet')).toMatchObject({ status: 0 })
  expect((await project.run(['apply'])).stdout).toMatch(/^No changes/)
})
