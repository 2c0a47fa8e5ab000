/** The same bundles.yaml gives the same bytes wherever, whenever and however it is applied, with the built program. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { contentOf } from '../support/intact.ts'
import { asPlainUser } from '../support/plain-user.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { randomOf } from '../support/random.ts'
import { randomStack } from '../support/stack.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

const BUNDLES = ['plain', 'random', 'rich']
const SPEC = `bundles:
  random:
    image: oci:images:random
    args: [/x]
  plain:
    image: [oci:images:base, oci:images:top]
    rootfs: copy
    runtimes: [runc]
  rich:
    image: oci:images:top
    user: web
    cwd: /made
    hostname: rich
    env: { Z: last, A: first }
    checkout: union
    mounts:
      - { type: volume, source: data, target: /data }
      - { type: bind, source: ./conf, target: /etc/conf, readonly: true }
      - { type: tmpfs, target: /run, size: 1MiB }
`
const PASSWD = 'root:x:0:0::/:/bin/sh\nweb:x:33:44::/:/bin/sh\n'

/** Many files of many sizes, some of them too large for memory, in no order. */
function members(seed: number): TarInput[] {
  const random = randomOf(seed)
  const file = (i: number, size: number): TarInput => ({
    path: `files/${random.between(0, 1 << 30)}-${i}`,
    type: 'file',
    mtime: i,
    content: Buffer.alloc(size, `${seed} ${i}`),
  })
  const small = Array.from({ length: 200 }, (_, i) => file(i, random.between(0, 5000)))
  return random.shuffle([...small, file(1000, 3 << 20), file(1001, 2 << 20)])
}

async function fill(project: Project): Promise<void> {
  const { layout } = project
  const base = writeTar([
    ...members(1),
    { path: 'etc', type: 'dir' },
    { path: 'etc/passwd', type: 'file', content: Buffer.from(PASSWD) },
  ])
  const config = { Cmd: ['/x'], Env: ['PATH=/bin', 'HOME=/'], Labels: { b: '2', a: '1' } }
  await layout.add({ layers: [base], config }, 'base')
  await layout.add({ layers: [base, writeTar(members(2))], config }, 'top')
  // The first seed of an image that has a union.
  await layout.add({ layers: randomStack(3).map(writeTar), config }, 'random')
  await mkdir(join(project.folder, 'conf'))
  await writeFile(join(project.folder, 'conf/file'), 'text')
  await project.write(SPEC)
}

/** Everything that an apply made and that others could see. */
async function made(project: Project): Promise<Record<string, string>> {
  const refs = await project.tool('grep', '--recursive', '.', '.ctrbuild/repo/refs/heads')
  const bundles = await Promise.all(
    BUNDLES.map(async name => [name, await contentOf(project, `out/${name}`)]),
  )
  const lock = await readFile(join(project.folder, 'bundles.lock.json'), 'utf8')
  return { refs: refs.stdout.split('\n').sort().join('\n'), lock, ...Object.fromEntries(bundles) }
}

const digests = (stdout: string) => stdout.match(/sha256:[0-9a-f]{64}/g)

let reference: Record<string, string>
let said: string
let project: Project
beforeAll(async () => {
  if (!isInstalled('skopeo')) return
  const first = await newProject()
  await fill(first)
  const umask = first.through('sh', '-c', 'umask 0; exec "$0" "$@"')
  const ended = await umask.run(['apply', '-j', '1'], { TZ: 'UTC', LC_ALL: 'C', LANG: 'C' })
  expect(ended).toMatchObject({ status: 0 })
  said = ended.stderr
  reference = await made(first)
  expect(reference.refs).toMatch(/ctrbuild\/rootfs\//)
})
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  const folder = join(await temporaryFolder(), 'somewhere else, with a longer name')
  await mkdir(folder)
  project = await newProject(folder)
  await fill(project)
})

test('in another folder, with another umask, locale, time zone and number of jobs', async () => {
  const umask = project.through('sh', '-c', 'umask 077; exec "$0" "$@"')
  const env = {
    TZ: 'Pacific/Chatham',
    LC_ALL: 'tr_TR.UTF-8',
    LANG: 'tr_TR.UTF-8',
    USER: 'other',
    HOME: '/nowhere',
  }
  const ended = await umask.run(['apply', '-j', '16'], env)
  expect(ended).toMatchObject({ status: 0 })
  expect(await made(project)).toEqual(reference)
  expect(digests(ended.stderr)?.sort()).toEqual(digests(said)?.sort())
})

test('bundle by bundle, the other way round', async () => {
  for (const name of BUNDLES.toReversed()) {
    expect(await project.run(['apply', '--target', name])).toMatchObject({ status: 0 })
  }
  expect(await made(project)).toEqual(reference)
})

test('at another time of day and in another year', async ctx => {
  needs(ctx, 'faketime')
  expect(await project.through('faketime', '2001-02-03 04:05:06').run(['apply'])).toMatchObject({ status: 0 })
  expect(await made(project)).toEqual(reference)
})

test('by other plain users, but for their own numbers', async ctx => {
  if (process.getuid!() !== 0) ctx.skip('only root can be several users')
  const configs: string[] = []
  const stamps: string[] = []
  for (const user of [54321, 61234]) {
    const there = await newProject()
    await fill(there)
    const plain = await asPlainUser(ctx, there, user)
    expect(await plain.run(['apply'])).toMatchObject({ status: 0 })
    const file = (name: string) => readFile(join(there.folder, 'out/plain', name), 'utf8')
    configs.push((await file('config.json')).replaceAll(String(user), 'USER'))
    stamps.push(JSON.parse(await file('ctrbuild.json')).digest)
  }
  expect(configs[1]).toBe(configs[0])
  expect(configs[0]).toMatch(/USER/)
  expect(stamps[1]).toBe(stamps[0])
})
