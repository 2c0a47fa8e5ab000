/** Collecting while the ostree program commits to the same repository: neither takes anything from the other. */
import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { needs } from '../support/programs.ts'
import { newProject } from '../support/project.ts'
import { writeTar } from '../support/tar-writer.ts'

const COMMITS = 20
const OSTREE = '--repo=.ctrbuild/repo'

test('what ostree commits meanwhile stays whole', async ctx => {
  needs(ctx, 'skopeo', 'ostree')
  const project = await newProject()
  const layer = writeTar([{ path: 'a', type: 'file', content: Buffer.from('a') }])
  await project.layout.add({ layers: [layer], config: { Cmd: ['/a'] } }, 'one')
  await project.write('bundles:\n  one:\n    image: oci:images:one\n')
  expect((await project.run(['apply'])).status).toBe(0)
  await mkdir(join(project.folder, 'tree'))

  let isOver = false
  const committing = (async () => {
    for (let i = 0; i < COMMITS; i++) {
      await appendFile(join(project.folder, 'tree/file'), `${i}\n`)
      const ended = await project.tool('ostree', 'commit', OSTREE, `--branch=mine/${i}`, '--tree=dir=tree')
      expect(ended).toMatchObject({ status: 0 })
    }
  })().finally(() => {
    isOver = true
  })
  let collected = 0
  for (; !isOver; collected++) expect(await project.run(['gc'])).toMatchObject({ status: 0 })
  await committing
  expect(collected).toBeGreaterThan(0)

  const refs = await project.tool('ostree', 'refs', OSTREE, '--list', 'mine')
  expect(refs.stdout.trim().split('\n')).toHaveLength(COMMITS)
  expect(await project.tool('ostree', 'fsck', '--quiet', OSTREE)).toMatchObject({ status: 0 })
  expect((await project.run(['plan'])).stdout).toBe('No changes. 1 bundle is up to date.\n')
})
