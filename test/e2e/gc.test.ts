/** gc with the built program: what is of use stays and can be applied offline, the rest goes, and ostree finds no fault. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { lockFile } from '../../src/sys/lock.ts'
import { contentOf, leftovers } from '../support/intact.ts'
import { asPlainUser } from '../support/plain-user.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { writeTar } from '../support/tar-writer.ts'

const layer = (word: string) =>
  writeTar([{ path: `${word}/file`, type: 'file', content: Buffer.alloc(100_000, word) }])
const [shared, one, two] = ['shared', 'one', 'two'].map(layer) as [Buffer, Buffer, Buffer]
const bundle = (name: string, more = '') => `  ${name}: { image: "oci:images:${name}", args: [/x]${more} }\n`

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
  await project.layout.add({ layers: [shared, one], config: { Cmd: ['/x'] } }, 'one')
  await project.layout.add({ layers: [shared, two], config: { Cmd: ['/x'] } }, 'two')
})

const at = (path: string) => join(project.folder, path)

async function apply(body: string) {
  await project.write(`bundles:\n${body}`)
  const ended = await project.run(['apply'])
  expect(ended.status, ended.stderr).toBe(0)
}

async function gc(...flags: string[]) {
  const { status, stdout, stderr } = await project.run(['gc', '--json', ...flags])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return JSON.parse(stdout)
}

/** Bytes that the folders take on disk. */
async function used(): Promise<number> {
  const { stdout } = await project.tool('du', '-s', '-B1', '--total', '.ctrbuild', 'out')
  return Number.parseInt(stdout.trim().split('\n').at(-1)!, 10)
}

async function expectSound(): Promise<void> {
  expect(await project.run(['verify', '--deep'])).toMatchObject({ status: 0 })
  if (!isInstalled('ostree')) return
  expect(await project.tool('ostree', 'fsck', '--quiet', '--repo=.ctrbuild/repo')).toMatchObject({
    status: 0,
  })
  const { stdout } = await project.tool(
    'ostree',
    'prune',
    '--refs-only',
    '--no-prune',
    '--repo=.ctrbuild/repo',
  )
  expect(stdout).toMatch(/No unreachable objects/)
}

const refs = async () =>
  (await project.tool('sh', '-c', 'cd .ctrbuild/repo/refs/heads && find . -type f | sort')).stdout

describe('gc', () => {
  test('frees nothing of what is in use', async () => {
    await apply(bundle('one') + bundle('two'))
    const before = await refs()
    expect(await gc()).toMatchObject({
      bytes: 0,
      generations: [],
      refs: 0,
      objects: 0,
      blobs: 0,
      documents: 0,
    })
    expect(await refs()).toBe(before)
    await expectSound()
  })

  test('frees a removed bundle with its image, and says how much that was', async () => {
    await apply(bundle('one'))
    const alone = { refs: await refs(), used: await used() }
    await apply(bundle('one') + bundle('two'))
    await apply(bundle('one'))
    const kept = await gc()
    expect(kept).toMatchObject({
      generations: [{ bundle: 'two', generation: 1 }],
      onlyNamed: ['oci:images:two'],
      refs: 2,
    })
    const before = await used()
    const dry = await gc('--dry-run', '--unused-images', '--keep-younger-than', '0s')
    expect(await used()).toBe(before)
    const real = await gc('--unused-images', '--keep-younger-than', '0s')
    expect({ ...real, dryRun: true }).toEqual(dry)
    expect(await refs()).toBe(alone.refs)
    // Folders that are empty now stay, and du counts them.
    const freed = before - (await used())
    expect(Math.abs(freed - real.bytes)).toBeLessThanOrEqual(8192)
    expect(real.bytes).toBeGreaterThan(100_000)
    await expectSound()
    expect((await project.run(['plan'])).stdout).toMatch(/^No changes/)
    expect(existsSync(at('out/.generations/two'))).toBe(false)
  })

  test('keeps older generations, and what is locked can be applied offline', async () => {
    await apply(bundle('one') + bundle('two'))
    const before = await contentOf(project, 'out/two')
    await apply(bundle('one') + bundle('two').replace('/x', '/y'))
    await gc('--unused-images', '--keep-younger-than', '0s')
    await expectSound()
    expect(await project.run(['rollback', 'two'])).toMatchObject({ status: 0 })
    expect(await contentOf(project, 'out/two')).toBe(before)
    await rm(at('out'), { recursive: true })
    await gc('--unused-images', '--keep-younger-than', '0s')
    await rm(at('images'), { recursive: true })
    await project.write(`bundles:\n${bundle('one')}${bundle('two')}`)
    expect(await project.run(['apply', '--offline'])).toMatchObject({ status: 0 })
    expect(await contentOf(project, 'out/two')).toBe(before)
    await expectSound()
  })

  test('frees what a moved tag left, when no generation has it any more', async () => {
    await apply(bundle('one'))
    const first = await refs()
    await rm(at('images/index.json'))
    await writeFile(at('images/index.json'), '{"schemaVersion":2,"manifests":[]}')
    await project.layout.add({ layers: [shared, two], config: { Cmd: ['/x'] } }, 'one')
    await rm(at('bundles.lock.json'))
    await apply(bundle('one'))
    expect(await gc()).toMatchObject({ refs: 0 })
    expect(await refs()).toContain(first.match(/ctrbuild\/rootfs\/\S+/)![0])
    await project.write(`bundles:\n${bundle('one').replace('/x', '/z')}`)
    expect(await project.run(['apply', '--keep', '1'])).toMatchObject({ status: 0 })
    expect((await gc()).refs).toBeGreaterThan(2)
    expect(await refs()).not.toContain(first.match(/ctrbuild\/rootfs\/\S+/)![0])
    await expectSound()
  })

  test('keeps what is young', async () => {
    await apply(bundle('one') + bundle('two'))
    await apply(bundle('one'))
    expect(await gc('--unused-images', '--keep-younger-than', '1h')).toMatchObject({
      bytes: 0,
      refs: 0,
      generations: [],
    })
    const old = new Date(Date.now() - 7_200_000)
    await utimes(at('out/.generations/two/1/ctrbuild.json'), old, old)
    expect(await gc('--keep-younger-than', '1h')).toMatchObject({ refs: 0, generations: [{ bundle: 'two' }] })
    const folder = at('.ctrbuild/repo/refs/heads')
    for (const path of await readdir(folder, { recursive: true })) await utimes(join(folder, path), old, old)
    expect((await gc('--unused-images', '--keep-younger-than', '1h')).refs).toBeGreaterThan(3)
    await expectSound()
  })

  test('removes what crashes left, and blobs that nobody waits for', async () => {
    await apply(bundle('one'))
    await mkdir(at('out/.generations/one/.unfinished-9/rootfs'), { recursive: true })
    await mkdir(at('.ctrbuild/repo/tmp/ctrbuild-999999'))
    await mkdir(at('.ctrbuild/blobs/fetch-999999-x'), { recursive: true })
    await mkdir(at('.ctrbuild/blobs/sha256'), { recursive: true })
    await writeFile(at(`.ctrbuild/blobs/sha256/${'a'.repeat(64)}`), Buffer.alloc(10_000))
    expect(await gc()).toMatchObject({ leftovers: 3, blobs: 1 })
    expect(await leftovers(project)).toEqual([])
    expect(await readdir(at('.ctrbuild/blobs/sha256'))).toEqual([])
  })

  test('frees volumes only when asked, and only those that nothing mounts', async () => {
    const mounts = ', mounts: ["data:/data"]'
    await apply(bundle('one', mounts) + bundle('two', mounts))
    await writeFile(at('out/.volumes/two/data/file'), Buffer.alloc(10_000))
    await apply(bundle('one', mounts))
    expect(await gc()).toMatchObject({ volumes: [] })
    expect(existsSync(at('out/.volumes/two/data/file'))).toBe(true)
    const { stdout } = await project.run(['gc', '--volumes'])
    expect(stdout).toMatch(/^- volume data of two$/m)
    expect(existsSync(at('out/.volumes/two/data'))).toBe(false)
    expect(existsSync(at('out/.volumes/one/data'))).toBe(true)
  })

  test("leaves other people's refs and what they name", async ctx => {
    needs(ctx, 'ostree')
    await apply(bundle('one'))
    const layers = (await refs()).match(/ociimage\/[0-9a-f]{64}/)![0]
    await project.tool('ostree', '--repo=.ctrbuild/repo', 'refs', '--create=mine/of/old', layers)
    await project.write('bundles: {}\n')
    await rm(at('bundles.lock.json'))
    await project.run(['apply'])
    await gc('--unused-images')
    expect(await refs()).toBe('./mine/of/old\n')
    await expectSound()
  })

  test('refuses to guess where the store is damaged', async () => {
    await apply(bundle('one'))
    const { stdout } = await project.tool('find', '.ctrbuild/repo/objects', '-name', '*.dirtree')
    await rm(at(stdout.split('\n')[0]!))
    const ended = await project.run(['gc'])
    expect(ended).toMatchObject({ status: 65, stdout: '' })
    expect(ended.stderr).toMatch(/OBJECT_DAMAGED: object .* is missing.*\n.*verify --repair/)
  })

  test('waits for whoever works in the repository', async ctx => {
    needs(ctx, 'ostree')
    await apply(bundle('one'))
    const options = { exclusive: false, timeout: 0, holder: '' }
    const lock = await lockFile(at('.ctrbuild/repo/.lock'), options, new AbortController().signal)
    const ended = await project.run(['gc', '--lock-timeout', '200ms'])
    expect(ended).toMatchObject({ status: 75 })
    lock.release()
    expect(await gc()).toMatchObject({ bytes: 0 })
  })

  test('has nothing to do where nothing was applied', async () => {
    await project.write('bundles: {}\n')
    expect((await project.run(['gc'])).stdout).toBe('Freed 0 B: nothing.\n')
    expect((await stat(at('.ctrbuild'))).isDirectory()).toBe(true)
  })
})

test('a plain user frees the same', async ctx => {
  if (process.getuid!() !== 0) ctx.skip('done above')
  project = await asPlainUser(ctx, project)
  await apply(bundle('one') + bundle('two'))
  await apply(bundle('one'))
  expect(await gc('--unused-images')).toMatchObject({ generations: [{ bundle: 'two' }] })
  await expectSound()
  expect((await project.run(['plan'])).stdout).toMatch(/^No changes/)
})
