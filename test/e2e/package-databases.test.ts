/** Databases of packages in images, as the programs write them; compared without checking anything out. */
import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

const run = promisify(execFile)
let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
})

async function applied(members: readonly TarInput[]): Promise<void> {
  await project.layout.add({ layers: [writeTar(members)], config: { Cmd: ['/x'] } }, `t${count++}`)
  await project.write(`bundles:\n  one:\n    image: oci:images:t${count - 1}\n`)
  expect(await project.run(['apply'])).toMatchObject({ status: 0 })
}
let count = 0

const file = (path: string, content: Buffer | string): TarInput => ({
  path,
  type: 'file',
  content: Buffer.from(content),
})

async function packages(...args: string[]): Promise<string[]> {
  const { stdout } = await project.run(['diff', 'one', '--json', '--from', '1', '--to', '2', ...args])
  const [found] = (
    JSON.parse(stdout) as {
      diffs: { packages: { kind: string; name: string; before?: string; after?: string }[] }[]
    }
  ).diffs
  return found!.packages.map(({ kind, name, before, after }) =>
    [kind, name, before, after].filter(Boolean).join(' '),
  )
}

test('dpkg, in one file or in many', async () => {
  await applied([
    file(
      'var/lib/dpkg/status',
      'Package: a\nStatus: install ok installed\nVersion: 1.9\nArchitecture: all\n',
    ),
    file('var/lib/dpkg/status.d/b', 'Package: b\nVersion: 1\n'),
    file('var/lib/dpkg/status.d/b.md5sums', 'Package: not-one\nVersion: 1\n'),
  ])
  await applied([
    file(
      'var/lib/dpkg/status',
      'Package: a\nStatus: install ok installed\nVersion: 1.10\nArchitecture: all\n',
    ),
    file('var/lib/dpkg/status.d/c', 'Package: c\nVersion: 1\n'),
  ])
  expect(await packages()).toEqual(['upgraded a 1.9 1.10', 'removed b 1', 'added c 1'])
})

test('apk, behind a symbolic link that only the image can follow', async () => {
  const database = (version: string) => `P:musl\nV:${version}\nA:x86_64\n\n`
  const link: TarInput = { path: 'lib', type: 'symlink', target: '/usr/lib' }
  await applied([link, file('usr/lib/apk/db/installed', database('1.2.4-r1'))])
  await applied([link, file('usr/lib/apk/db/installed', database('1.2.4-r2'))])
  expect(await packages()).toEqual(['changed musl 1.2.4-r1 1.2.4-r2'])
})

/** The files of a database that rpm made, with packages of these versions in it. */
async function rpmDatabase(versions: Readonly<Record<string, string>>): Promise<TarInput[]> {
  const top = await temporaryFolder()
  const root = join(top, 'root')
  await mkdir(root)
  const defines = [
    '--define',
    `_topdir ${top}`,
    '--define',
    '_db_backend sqlite',
    '--define',
    '_dbpath /var/lib/rpm',
  ]
  await run('rpm', [...defines, '--root', root, '--initdb'])
  for (const [name, version] of Object.entries(versions)) {
    const spec = `Name: ${name}\nVersion: ${version}\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n%description\nx\n%files\n`
    await writeFile(join(top, `${name}.spec`), spec)
    await run('rpmbuild', [...defines, '-bb', join(top, `${name}.spec`)])
  }
  const built = (await readdir(join(top, 'RPMS/noarch'))).map(name => join(top, 'RPMS/noarch', name))
  await run('rpm', [...defines, '--root', root, '--install', '--nodeps', '--justdb', ...built])
  const folder = join(root, 'var/lib/rpm')
  const names = (await readdir(folder)).filter(name => !/lock|-shm$/.test(name))
  return Promise.all(
    names.map(async name => file(`usr/lib/sysimage/rpm/${name}`, await readFile(join(folder, name)))),
  )
}

test('rpm, as SQLite', async ctx => {
  needs(ctx, 'rpm', 'rpmbuild')
  const link: TarInput = { path: 'var/lib/rpm', type: 'symlink', target: '../../usr/lib/sysimage/rpm' }
  await applied([link, ...(await rpmDatabase({ bash: '5.1', gone: '1' }))])
  await applied([link, ...(await rpmDatabase({ bash: '5.2', fresh: '3' }))])
  expect(await packages()).toEqual(['upgraded bash 5.1-1 5.2-1', 'added fresh 3-1', 'removed gone 1-1'])
})

test('without rpm, that is said', async ctx => {
  needs(ctx, 'rpm')
  await applied([file('var/lib/rpm/rpmdb.sqlite', 'one')])
  await applied([file('var/lib/rpm/rpmdb.sqlite', 'two')])
  const { stdout } = await project.run(['diff', 'one', '--from', '1', '--to', '2'], { PATH: project.folder })
  expect(stdout).toMatch(/^Note: rpm database present, not read: install rpm$/m)
  const broken = await project.run(['diff', 'one', '--from', '1', '--to', '2'])
  expect(broken).toMatchObject({ status: 0 })
  expect(broken.stdout).toMatch(/^Note: rpm database present, not read: rpm ended with/m)
})

test('a format that this rpm does not know is not taken for an empty database', async ctx => {
  needs(ctx, 'rpm')
  await applied([file('usr/lib/sysimage/rpm/Packages.db', 'one')])
  await applied([file('usr/lib/sysimage/rpm/Packages.db', 'two')])
  const { stdout } = await project.run(['diff', 'one', '--from', '1', '--to', '2'])
  expect(stdout).toMatch(/^Note: rpm database present, not read: /m)
})

test('a database that did not change is not read', async () => {
  const database = file('var/lib/rpm/rpmdb.sqlite', 'not one')
  await applied([database])
  await applied([database, file('etc/new', '')])
  const { stdout } = await project.run(['diff', 'one', '--from', '1', '--to', '2'])
  expect(stdout).not.toMatch(/rpm database/)
  expect(stdout).toMatch(/^ {2}\+ \/etc\/ {2}1 below/m)
})
