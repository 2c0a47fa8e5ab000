/** SIGKILL at any time, with the built program: what is there is the old bundle or the new one, and apply goes on. */
import { createCipheriv } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { contentOf, leftovers } from '../support/intact.ts'
import { newProject, type Project } from '../support/project.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { randomOf } from '../support/random.ts'
import { follow } from '../support/running.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

const KILLS = 12
const FILES = 500
const FILE_BYTES = 13_000

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
  expect(await project.tool('ostree', 'fsck', '--quiet', '--repo=.ctrbuild/repo')).toMatchObject({ status: 0 })
}

test(`killed at ${KILLS} random times, it converges`, async ctx => {
  needs(ctx, 'skopeo')
  const project = await newProject()
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
    const running = follow(project.start(['apply']))
    const after = full * ((i + random.next()) / KILLS)
    await sleep(after)
    running.kill('SIGKILL')
    await running.ended()
    const when = `seed ${seed}, killed after ${Math.round(after)} of ${Math.round(full)} ms`

    expect(contents, when).toContain(await contentOf(project))
    await fsck(project)
    expect(await project.run(['apply']), when).toMatchObject({ status: 0 })
    expect(await contentOf(project), when).toBe(contents[i % 2])
    expect(await leftovers(project), when).toEqual([])
    await fsck(project)
  }
  expect((await project.run(['plan'])).stdout).toMatch(/^No changes/)
})
