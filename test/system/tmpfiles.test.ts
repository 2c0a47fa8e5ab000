/** Lines for tmpfiles.d: systemd-tmpfiles makes what was meant, and leaves what is there. */
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runProgram } from '../../src/sys/program.ts'
import { foldersFor } from '../../src/system/tmpfiles.ts'
import { laterTemplate, placeTmpfiles } from '../../src/system/unit-text.ts'
import { LATER_DESTDIR } from '../../src/system/variables.ts'
import { temporaryFolder } from '../support/folder.ts'
import { needs, needsRoot } from '../support/programs.ts'

const VALUES = new Map([
  ['RUN_DIRECTORY', '/run'],
  ['STATE_DIRECTORY', '/var/lib'],
])
const ODD = ['a b', '100%', "it's", 'a"b', 'back\\slash', '$HOME', 'ü', '#x', '%h', '-']

async function create(lines: readonly string[]): Promise<string> {
  const root = await temporaryFolder()
  const file = join(root, 'lines.conf')
  writeFileSync(file, `${lines.join('\n')}\n`)
  await runProgram(['systemd-tmpfiles', `--root=${root}`, '--create', file])
  return root
}

test('folders get the names that a config.json mounts them by', async ctx => {
  needs(ctx, 'systemd-tmpfiles')
  needsRoot(ctx)
  const mounts = ODD.map(name => ({ destination: '/x', type: 'bind', source: `/var/lib/${name}` }))
  const root = await create(foldersFor(mounts, VALUES, 'system'))
  expect(readdirSync(join(root, 'var/lib')).sort()).toEqual([...ODD].sort())
  expect(statSync(join(root, 'var/lib/a b')).mode & 0o7777).toBe(0o700)
})

test('a folder that is there keeps its mode', async ctx => {
  needs(ctx, 'systemd-tmpfiles')
  needsRoot(ctx)
  const root = await temporaryFolder()
  mkdirSync(join(root, 'var/lib/x'), { recursive: true })
  chmodSync(join(root, 'var/lib/x'), 0o755)
  const file = join(root, 'lines.conf')
  writeFileSync(
    file,
    foldersFor([{ destination: '/x', type: 'bind', source: '/var/lib/x' }], VALUES, 'system').join('\n'),
  )
  await runProgram(['systemd-tmpfiles', `--root=${root}`, '--create', file])
  expect(statSync(join(root, 'var/lib/x')).mode & 0o7777).toBe(0o755)
})

test("a line can name the bundle's folder", async ctx => {
  needs(ctx, 'systemd-tmpfiles')
  needsRoot(ctx)
  const line = placeTmpfiles(laterTemplate(`d ${LATER_DESTDIR}/x 0700`), '/srv/my bundles/50%/app')
  const root = await create([line])
  expect(readdirSync(join(root, 'srv/my bundles/50%/app'))).toEqual(['x'])
})
