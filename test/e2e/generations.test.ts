/** Generations with the built program: how many stay, going back, and what stays of what is not declared any more. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { contentOf } from '../support/intact.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { follow, until } from '../support/running.ts'
import { writeTar } from '../support/tar-writer.ts'

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
  await add(1)
})

/** Makes the image's tag mean another version. */
async function add(version: number): Promise<void> {
  const content = Buffer.from(`version ${version}`)
  const layers = [writeTar([{ path: 'version', type: 'file', content }])]
  await rm(join(project.folder, 'images/index.json'))
  await writeFile(join(project.folder, 'images/index.json'), '{"schemaVersion":2,"manifests":[]}')
  await project.layout.add({ layers, config: { Cmd: ['/x'] } }, 'one')
}

const declare = (args: string, head = '') =>
  project.write(`${head}bundles:\n  one:\n    image: oci:images:one\n    args: [${args}]\n`)

async function apply(...flags: string[]) {
  const ended = await project.run(['apply', ...flags])
  expect(ended).toMatchObject({ status: 0 })
  return ended
}

async function applyTimes(count: number, ...flags: string[]): Promise<void> {
  for (let i = 1; i <= count; i++) {
    await declare(`/x${i}`)
    await apply(...flags)
  }
}

const numbers = async () => (await readdir(join(project.folder, 'out/.generations/one'))).sort()
const current = () => readlink(join(project.folder, 'out/one'))
const history = async () => JSON.parse((await project.run(['history', 'one', '--json'])).stdout).generations

describe('apply', () => {
  test('keeps three generations', async () => {
    await applyTimes(5)
    expect(await numbers()).toEqual(['3', '4', '5'])
    expect(await current()).toBe('.generations/one/5')
  })

  test('keeps as many as it is told, by a flag or by bundles.yaml', async () => {
    await applyTimes(3, '--keep', '1')
    expect(await numbers()).toEqual(['3'])
    await declare('/y', 'keep: 2\n')
    await apply()
    await declare('/z', 'keep: 2\n')
    await apply()
    expect(await numbers()).toEqual(['4', '5'])
    expect((await project.run(['apply', '--keep', '0'])).stderr).toMatch(/--keep cannot be "0"/)
  })

  test('keeps what a saved plan says', async () => {
    await declare('/1', 'keep: 1\n')
    await apply()
    await declare('/2', 'keep: 1\n')
    await project.run(['plan', '--out', 'plan.json'])
    await declare('/2')
    await apply('plan.json')
    expect(await numbers()).toEqual(['2'])
  })

  test('keeps a generation that something runs in', async ctx => {
    needs(ctx, 'bwrap')
    await applyTimes(1)
    const sandbox = [
      '--dev-bind',
      '/',
      '/',
      '--ro-bind',
      'out/one/rootfs',
      '/mnt',
      'sh',
      '-c',
      'echo up; read x',
    ]
    const running = follow(spawn('bwrap', sandbox, { cwd: project.folder }))
    await until(() => running.said().includes('up'))
    await declare('/x2')
    await apply('--keep', '1')
    await declare('/x3')
    await apply('--keep', '1')
    expect(await numbers()).toEqual(['1', '3'])
    running.kill('SIGKILL')
    await running.ended()
    await declare('/x4')
    await apply('--keep', '1')
    expect(await numbers()).toEqual(['4'])
  })
})

describe('rollback', () => {
  test('goes back to the generation before, and the next plan says what bundles.yaml wants', async () => {
    await applyTimes(2)
    const before = await contentOf(project)
    await add(2)
    await rm(join(project.folder, 'bundles.lock.json'))
    await apply()
    expect(await contentOf(project)).not.toBe(before)

    const back = await project.run(['rollback', 'one'])
    expect(back).toMatchObject({ status: 0, stderr: '' })
    expect(back.stdout).toMatch(/^one: generation 3 -> generation 2 \(sha256:[0-9a-f]{12}\)$/m)
    expect(await contentOf(project)).toBe(before)
    const plan = await project.run(['plan', '--detailed-exitcode'])
    expect(plan).toMatchObject({ status: 2 })
    expect(plan.stdout).toMatch(
      /~ one {2}image oci:images:one moved sha256:.* -> sha256:.*, layer 1 of 1 changed/,
    )
    await apply()
    expect(await current()).toBe('.generations/one/4')
  })

  test('goes to the one with a number, there and back', async () => {
    await applyTimes(3)
    expect((await project.run(['rollback', 'one', '1'])).status).toBe(0)
    expect(await current()).toBe('.generations/one/1')
    expect((await history()).map((one: { current: boolean }) => one.current)).toEqual([false, false, true])
    expect((await project.run(['rollback', 'one', '3'])).status).toBe(0)
    expect((await project.run(['plan'])).stdout).toMatch(/^No changes/)
    expect((await project.run(['rollback', 'one', '3'])).stdout).toMatch(/stands at generation 3 already/)
  })

  test('leaves volumes as they are', async () => {
    const mounts = '    mounts: ["data:/data"]\n'
    for (const args of ['/1', '/2']) {
      await project.write(`bundles:\n  one:\n    image: oci:images:one\n    args: [${args}]\n${mounts}`)
      await apply()
    }
    const file = join(project.folder, 'out/.volumes/one/data/file')
    await writeFile(file, 'written by the container')
    await project.run(['rollback', 'one'])
    expect(await readFile(file, 'utf8')).toBe('written by the container')
  })

  test('brings a bundle back that was removed', async () => {
    await applyTimes(1)
    const before = await contentOf(project)
    await project.write('bundles: {}\n')
    await apply()
    expect((await project.run(['rollback', 'one'])).stdout).toMatch(/^one: nothing -> generation 1/)
    expect(await contentOf(project)).toBe(before)
  })

  test.each([
    [['rollback', 'one'], 66, /GENERATION_MISSING: one has no generation before the current one/],
    [['rollback', 'one', '7'], 66, /one has no generation 7\n.*There is 1 \(current\)/],
    [['rollback', 'one', 'x'], 64, /"x" is not a generation/],
    [['rollback', 'oen'], 64, /no bundle "oen" was made here\n.*Did you mean one\?/],
    [['history', 'two'], 64, /no bundle "two" was made here/],
  ])('%j ends with %i', async (args, status, words) => {
    await applyTimes(1)
    const ended = await project.run(args)
    expect(ended).toMatchObject({ status, stdout: '' })
    expect(ended.stderr).toMatch(words)
    expect(await current()).toBe('.generations/one/1')
  })

  test('refuses a generation that is not whole', async () => {
    await applyTimes(2)
    await rm(join(project.folder, 'out/.generations/one/1/config.json'))
    const ended = await project.run(['rollback', 'one'])
    expect(ended).toMatchObject({ status: 66 })
    expect(ended.stderr).toMatch(/generation 1 of one is not whole: config.json is gone/)
    expect(await current()).toBe('.generations/one/2')
  })
})

test('history shows what each generation was made of, the newest first', async () => {
  await applyTimes(2)
  await rm(join(project.folder, 'out/.generations/one/1/ctrbuild.json'))
  const { stdout } = await project.run(['history', 'one'])
  expect(stdout).toMatch(
    /^\* 2 {11}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}sha256:[0-9a-f]{12} {2}oci:images:one sha256:/m,
  )
  expect(stdout).toMatch(/^ {2}1 .*damaged: its stamp is gone$/m)
  const [second, first] = await history()
  expect(second).toMatchObject({
    generation: 2,
    current: true,
    damage: null,
    images: [{ reference: 'oci:images:one' }],
  })
  expect(Math.abs(Date.parse(second.made) - Date.now())).toBeLessThan(600_000)
  expect(first).toMatchObject({ generation: 1, current: false, damage: 'its stamp is gone', digest: null })
})

describe('--no-prune', () => {
  test('keeps what is no longer declared, in the plan and in the apply', async () => {
    await applyTimes(1)
    await project.write('bundles: {}\n')
    const plan = await project.run(['plan', '--no-prune', '--detailed-exitcode', '--out', 'plan.json'])
    expect(plan).toMatchObject({ status: 0 })
    expect(plan.stdout).toMatch(/Warning: the plan is partial: what is no longer in bundles.yaml stays: one/)
    await apply('--no-prune')
    await apply('plan.json')
    expect(existsSync(join(project.folder, 'out/one'))).toBe(true)
    await apply()
    expect(existsSync(join(project.folder, 'out/one'))).toBe(false)
  })

  test('is not for saved plans, which say themselves what is removed', async () => {
    await mkdir(join(project.folder, 'out'))
    expect(await project.run(['apply', 'plan.json', '--no-prune'])).toMatchObject({ status: 64 })
  })
})
