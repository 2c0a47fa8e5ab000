/** `ctrbuild diff` with images of a registry: what it says is what diff(1) finds in the root file systems. */
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { BundleDiff } from '../../src/plan/bundle-diff.ts'
import type { LackingDiff } from '../../src/plan/lacking.ts'
import type { Plan } from '../../src/plan/types.ts'
import { asPlainUser } from '../support/plain-user.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

const file = (path: string, content: string, mode = 0o644): TarInput => ({
  path,
  type: 'file',
  mode,
  content: Buffer.from(content),
})
const status = (version: string, more = '') =>
  `Package: libc6\nStatus: install ok installed\nVersion: ${version}\nArchitecture: amd64\n${more}`
const base: TarInput[] = [
  { path: 'etc', type: 'dir' },
  file('etc/passwd', 'root:x:0:0::/root:/bin/sh\n'),
  file('etc/app.conf', 'listen = 127.0.0.1\nport = 1\n'),
  file('bin/app', '#!app 1', 0o755),
  file('bin/same', '#!same', 0o755),
  file('usr/share/doc/app/old', 'old'),
  file('odd/\xff\x1b[31m', 'x'),
  { path: 'etc/link', type: 'symlink', target: 'app.conf' },
  { path: 'becomes', type: 'dir' },
  file('becomes/inner', 'x'),
]
const V1 = [writeTar([...base, file('var/lib/dpkg/status', status('2.36-9'))])]
const V2 = [
  ...V1,
  writeTar([
    file('etc/app.conf', 'listen = 0.0.0.0\nport = 1\n'),
    file('bin/app', '#!app 1', 0o4750),
    file('usr/share/doc/app/.wh.old', ''),
    file('usr/share/doc/app/new', 'new'),
    { path: 'etc/link', type: 'symlink', target: 'passwd' },
    file('becomes', 'a file'),
    file('odd/.wh.\xff\x1b[31m', ''),
    file(
      'var/lib/dpkg/status',
      status(
        '2.36-9+deb12u1',
        '\nPackage: curl\nStatus: install ok installed\nVersion: 7.88\nArchitecture: amd64\n',
      ),
    ),
  ]),
]

let registry: Registry
beforeAll(async () => {
  if (isInstalled('docker-registry')) registry = await startRegistry()
})
afterAll(() => registry?.stop())

type Diffs = readonly (BundleDiff & LackingDiff)[]

describe.each(['root', 'a plain user'])('as %s', who => {
  let project: Project

  async function push(layers: readonly Buffer[], args: string[]): Promise<void> {
    const tag = `${who.length}-${layers.length}`
    await project.layout.add({ layers, config: { Cmd: args, Env: [`VERSION=${layers.length}`] } }, tag)
    await project.layout.copyTo(
      tag,
      `docker://${registry.host}/app${who.length}:stable`,
      '--dest-tls-verify=false',
    )
  }

  async function diff(...args: string[]): Promise<Diffs> {
    const { status, stdout, stderr } = await project.run(['diff', '--json', ...args])
    expect({ status, stderr }).toMatchObject({ status: 0 })
    return (JSON.parse(stdout) as { diffs: Diffs }).diffs
  }

  beforeEach(ctx => needs(ctx, 'skopeo', 'docker-registry', 'setpriv'))

  beforeAll(async () => {
    if (registry === undefined) return
    project = await newProject()
    await project.write(
      `images:\n  app:\n    image: ${registry.host}/app${who.length}:stable\n    insecure: true\nbundles:\n  app:\n    image: app\n  other:\n    image: app\n    hostname: other\n`,
    )
    await push(V1, ['/bin/app'])
    if (who !== 'root') project = await asPlainUser({ skip: () => expect.fail('setpriv') }, project)
  })

  test('a bundle that is not there yet comes from nothing', async () => {
    expect((await project.run(['lock'])).status).toBe(0)
    expect(await diff('app')).toMatchObject([
      { name: 'app', from: 'nothing', to: 'wanted', missing: { layers: [{}] } },
    ])
    const [found] = await diff('app', '--fetch')
    expect(found).toMatchObject({
      packages: [{ kind: 'added', name: 'libc6' }],
      files: { removed: 0, changed: 0 },
    })
    // Nothing was switched, and nothing has to be fetched again.
    expect(await readdir(join(project.folder, 'out'))).toEqual([])
    expect((await project.run(['apply'])).stdout).toMatch(/0 B to download, 0 layers of 1 to import/)
  })

  test('what was applied does not differ', async () => {
    expect(await diff()).toEqual([])
    expect((await project.run(['diff'])).stdout).toBe('No difference.\n')
    expect((await project.run(['diff', 'app'])).stdout).toBe(
      'app: generation 1 -> wanted\n\nNo difference.\n',
    )
  })

  test('a new version: which layers would have to be fetched, and then what is in them', async () => {
    await push(V2, ['/bin/app', '-v'])
    expect(await diff()).toEqual([])
    expect((await project.run(['lock', '--upgrade'])).status).toBe(0)
    const lacking = await project.run(['diff', 'app'])
    expect(lacking.stdout).toMatch(/^Not known yet: 1 layer is not in the store \(\d+ B\)\.$/m)
    expect((await diff()).map(({ name, missing }) => [name, missing?.layers.length])).toEqual([
      ['app', 1],
      ['other', 1],
    ])
    const [app] = await diff('app', '--fetch')
    expect(app!.packages.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['added curl', 'upgraded libc6'])
    expect(app!.config).toEqual([
      { path: 'process.args', before: ['/bin/app'], after: ['/bin/app', '-v'] },
      { path: 'process.env[VERSION]', before: '1', after: '2' },
    ])
    const { entries } = app!.files
    expect(entries.map(({ kind, path, aspects = [] }) => [kind, path, ...aspects].join(' '))).toEqual([
      'changed /becomes type',
      'removed /becomes/inner',
      'changed /bin/app mode',
      'changed /etc/app.conf content size',
      'changed /etc/link target',
      'removed /odd/\\xff\\x1b[31m',
      'added /usr/share/doc/app/new',
      'removed /usr/share/doc/app/old',
      'changed /var/lib/dpkg/status content size',
    ])
    expect(entries.find(({ path }) => path === '/etc/app.conf')!.patch).toBe(
      '@@ -1,2 +1,2 @@\n-listen = 127.0.0.1\n+listen = 0.0.0.0\n port = 1\n',
    )
  })

  test('plan --details says the same, in JSON, in a saved plan and as text', async () => {
    const { stdout } = await project.run(['plan', '--details', '--json', '--out', 'plan.json'])
    const plan = JSON.parse(stdout) as Plan
    expect(plan.details).toEqual([...(await diff())])
    expect(plan.details).toHaveLength(2)
    expect(plan.observedDigest).toBe(
      (JSON.parse((await project.run(['plan', '--json'])).stdout) as Plan).observedDigest,
    )
    const text = (await project.run(['plan', '--details'])).stdout
    expect(text).toMatch(/^app: generation 1 -> wanted\n\nPackages: 1 upgraded, 1 added\n/)
    expect(text).toMatch(
      /\nother: generation 1 -> wanted\n[\s\S]*\n {2}~ app {4}.*\n[\s\S]*\nPlan: 0 to create, 2 to update/,
    )
    expect((await project.run(['show', 'plan.json'])).stdout).toBe(text)
    expect((await project.run(['plan', '--details', '--target', 'other'])).stdout).not.toMatch(/^app: /m)
  })

  test('the text of it drives no terminal', async () => {
    const { stdout, status } = await project.run(['diff', 'app', '--all'])
    expect(status).toBe(0)
    expect(stdout).toContain('  - /odd/\\xff\\x1b[31m  1 B\n')
    expect(stdout).toContain('  ~ libc6  2.36-9 -> 2.36-9+deb12u1\n')
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/)
  })

  test('between generations it says what is there on the disk', async () => {
    // Details are not needed for it.
    expect((await project.run(['apply', 'plan.json'])).status).toBe(0)
    const [found] = await diff('app', '--from', '1', '--to', '2')
    const folders = ['1', '2'].map(number => join(project.folder, 'out/.generations/app', number, 'rootfs'))
    const [before, after] = await Promise.all(folders.map(listing))
    const different = [...new Set([...before!.keys(), ...after!.keys()])].filter(
      path => before!.get(path) !== after!.get(path),
    )
    expect(found!.files.entries.map(({ path }) => path).sort()).toEqual(different.sort())
    expect(found!.files.changed).toBe(5)
    // And the other way round.
    const [back] = await diff('app', '--from', '2', '--to', '1')
    expect(back!.files).toMatchObject({ added: found!.files.removed, removed: found!.files.added })
    expect(await diff('app', '--from', 'current', '--to', '2')).toMatchObject([{ files: { entries: [] } }])
  })

  test('trees of the store are compared by their refs and commits', async ctx => {
    needs(ctx, 'ostree')
    const refs = (await project.tool('ostree', '--repo=.ctrbuild/repo', 'refs', '--list', 'ctrbuild/rootfs'))
      .stdout
    const [one, two] = refs.trim().split('\n')
    const commit = (await project.tool('ostree', '--repo=.ctrbuild/repo', 'rev-parse', two!)).stdout.trim()
    const [found] = await diff('--from', one!, '--to', commit)
    expect(found).toMatchObject({ from: one, to: commit })
    expect(found!.files.changed).toBe(5)
    expect(found!.config).toBeUndefined()
    const layers = (await project.tool('ostree', '--repo=.ctrbuild/repo', 'refs', '--list', 'ociimage'))
      .stdout
    const [layer] = layers.trim().split('\n').sort()
    expect((await diff('--from', layer!, '--to', layer!)) as unknown).toEqual([])
  })

  test('what cannot be compared is refused', async () => {
    const refused = async (...args: string[]) => (await project.run(['diff', ...args])).stderr
    expect(await refused('nginx')).toMatch(/no bundle is called "nginx"/)
    expect(await refused('app', '--from', '9', '--to', '1')).toMatch(/generation 9 of app is not there/)
    expect(await refused('--from', '1', '--to', '2')).toMatch(/is a state of a bundle, and none is named/)
    expect(await refused('app', '--from', 'no-such-ref')).toMatch(/no generation, and no ref or commit/)
  })
})

/** Every path with what stands there, as the host sees it. */
async function listing(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const visit = async (path: Buffer, shown: string): Promise<void> => {
    for (const name of await readdir(path, { encoding: 'buffer' })) {
      const at = Buffer.concat([path, Buffer.from('/'), name])
      const stats = await lstat(at)
      const text = name
        .toString('latin1')
        .replace(/[^ -~]/g, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
      const own = stats.isFile()
        ? await readFile(at, 'latin1')
        : stats.isSymbolicLink()
          ? await readlink(at)
          : ''
      found.set(`${shown}/${text}`, `${stats.mode} ${stats.uid}:${stats.gid} ${own}`)
      if (stats.isDirectory()) await visit(at, `${shown}/${text}`)
    }
  }
  await visit(Buffer.from(folder), '')
  return found
}
