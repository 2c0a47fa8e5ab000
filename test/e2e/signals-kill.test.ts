/** SIGKILL at any time, with the built program: what is there is the old bundle or the new one, and apply goes on. */
import { createCipheriv } from 'node:crypto'
import { closeSync, existsSync, openSync } from 'node:fs'
import { readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { setXattr } from '../../src/sys/xattr.ts'
import { temporaryFolder } from '../support/folder.ts'
import { contentOf, leftovers } from '../support/intact.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { randomOf } from '../support/random.ts'
import { follow, until } from '../support/running.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

/** `KILLS=100` for a long look. */
const KILLS = Number(process.env.KILLS ?? 12)
const FILES = 500
const FILE_BYTES = 13_000
/** Milliseconds that are left after merging, or more. */
const LATE = 150

/** Three layers of small files, about 20 MB that no compression makes less of. */
function layersOf(seed: number): Buffer[] {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16))
  const file = (layer: number, i: number): TarInput => ({
    path: `layer${layer}/${i % 50}/file${i}`,
    type: 'file',
    content: cipher.update(Buffer.alloc(FILE_BYTES)),
  })
  return [0, 1, 2].map(layer => writeTar(Array.from({ length: FILES }, (_, i) => file(layer, i))))
}

const declare = (project: Project, image: number) =>
  project.write(`bundles:\n  one:\n    image: oci:images:v${image}\n    args: [/x]\n`)

async function fsck(project: Project): Promise<void> {
  if (!isInstalled('ostree') || !existsSync(join(project.folder, '.ctrbuild/repo/config'))) return
  expect(await project.tool('ostree', 'fsck', '--quiet', '--repo=.ctrbuild/repo')).toMatchObject({
    status: 0,
  })
}

/** In memory where that will do: every apply ends with a sync, which waits for whatever else the disk has to write. */
async function fastFolder(): Promise<string> {
  const folder = await temporaryFolder('/dev/shm').catch(() => undefined)
  return folder !== undefined && keepsAttributes(folder) ? folder : temporaryFolder()
}

/** Whether a plain user's store can be there. */
function keepsAttributes(folder: string): boolean {
  const fd = openSync(join(folder, 'attributes'), 'w')
  try {
    setXattr(fd, 'user.test', Buffer.from('test'))
    return true
  } catch {
    return false
  } finally {
    closeSync(fd)
  }
}

test(`killed at ${KILLS} random times, it converges`, { timeout: 60_000 + KILLS * 30_000 }, async ctx => {
  needs(ctx, 'skopeo')
  const project = await newProject(await fastFolder())
  const contents: string[] = []
  let full = 0
  for (const image of [0, 1]) {
    await project.layout.add({ layers: layersOf(image), compression: 'none' }, `v${image}`)
    await rm(join(project.folder, '.ctrbuild'), { recursive: true, force: true })
    await declare(project, image)
    const began = performance.now()
    expect(await project.run(['apply'])).toMatchObject({ status: 0 })
    full = performance.now() - began
    contents.push(await contentOf(project))
  }

  const seed = Date.now()
  const random = randomOf(seed)
  for (let i = 0; i < KILLS; i++) {
    // With an empty store everything is done anew, from the first fetch to the switch.
    await rm(join(project.folder, '.ctrbuild'), { recursive: true })
    await declare(project, i % 2)
    const running = follow(project.start(['apply', '--progress', 'plain']))
    // Anywhere, and every other time where the bundle is made and switched to, which does not take long.
    const isLate = i % 2 === 1
    if (isLate) await until(() => running.said().includes('\nmerged '))
    const after = random.next() * (isLate ? LATE : full)
    await sleep(after)
    running.kill('SIGKILL')
    await running.ended()
    const when = `seed ${seed}, killed ${Math.round(after)} ms after ${isLate ? 'merging' : 'its start'}`

    expect(contents, when).toContain(await contentOf(project))
    await fsck(project)
    expect(await project.run(['apply']), when).toMatchObject({ status: 0 })
    expect(await contentOf(project), when).toBe(contents[i % 2])
    expect(await leftovers(project), when).toEqual([])
  }
  // The store went away again and again: it must have both images for the generations that stay.
  for (const image of [0, 1]) {
    await declare(project, image)
    expect(await project.run(['apply'])).toMatchObject({ status: 0 })
  }
  expect((await project.run(['plan'])).stdout).toMatch(/^No changes/)
  const gc = await project.run(['gc', '--unused-images', '--keep-younger-than', '0s'])
  expect(gc).toMatchObject({ status: 0 })
  expect(await leftovers(project)).toEqual([])
  await fsck(project)
  const { problems } = JSON.parse((await project.run(['verify', '--deep', '--json'])).stdout)
  const current = Number((await readlink(join(project.folder, 'out/one'))).split('/').at(-1))
  // Older generations were made from stores that this test removed.
  const isOlder = (one: { generation?: number }) => one.generation !== undefined && one.generation < current
  expect(problems.filter((one: object) => !isOlder(one))).toEqual([])
})
