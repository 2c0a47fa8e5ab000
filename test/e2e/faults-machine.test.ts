/** Machines without the space, the rights or the files that an apply needs, with the built program. */
import { createCipheriv } from 'node:crypto'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, type TestContext, test } from 'vitest'
import { generationOf, leftovers } from '../support/intact.ts'
import { withMounts } from '../support/namespace.ts'
import { asPlainUser } from '../support/plain-user.ts'
import { needs } from '../support/programs.ts'
import { type Ended, newProject, type Project } from '../support/project.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

const MIB = 1 << 20
const ONE = 'small/out/one'

const file = (path: string, content: string | Buffer): TarInput => ({
  path,
  type: 'file',
  content: Buffer.from(content),
})
/** Bytes that no compression makes less of. */
const noise = (size: number, seed = 0) =>
  createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(size))
const small = (count: number) => Array.from({ length: count }, (_, i) => file(`f${i}`, `${i}`.repeat(500)))

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
  await mkdir(join(project.folder, 'small'))
  await add('good', [file('tool', 'good')])
})

async function add(tag: string, files: readonly TarInput[]): Promise<void> {
  await project.layout.add({ layers: [writeTar(files)], config: { Cmd: ['/tool'] } }, tag)
}

function declare(image: string, more = ''): Promise<void> {
  return project.write(`store: small/store
out: small/out
bundles:
  one:
    image: oci:images:${image}
${more}`)
}

function expectFailure({ status, stderr }: Ended, wanted: number, pattern: RegExp): void {
  expect(stderr).toMatch(pattern)
  expect(stderr).not.toMatch(/mistake in ctrbuild|\n {4}at /)
  expect(status).toBe(wanted)
}

/** The project with a good bundle on a disk of its own. */
async function onDisk(ctx: TestContext, mount: string): Promise<Project> {
  const mounted = await withMounts(ctx, project, mount)
  await declare('good')
  expect(await mounted.run(['apply'])).toMatchObject({ status: 0 })
  return mounted
}

describe('a disk that is full', () => {
  const text = (size: number) => Buffer.alloc(size, 'some text')
  const full: [string, () => TarInput[], string?][] = [
    ['while a layer arrives', () => [file('noise', noise(12 * MIB))]],
    ['while a large file is imported', () => [file('text', text(12 * MIB))]],
    ['while small files are imported', () => small(4000)],
    ['while the root file system is copied', () => [file('text', text(5 * MIB))], '    rootfs: copy\n'],
  ]

  test.for(full)('%s', async ([_, files, more], ctx) => {
    const there = await onDisk(ctx, 'mount -t tmpfs -o size=8m none small')
    const before = await generationOf(there, ONE)
    await add('large', files())
    await declare('large', more)
    const pattern = /error DISK: .*(no space|ENOSPC).*hint: Free some space/s
    expectFailure(await there.run(['apply']), 74, pattern)
    expect(await generationOf(there, ONE)).toBe(before)
    expect(await leftovers(there)).toEqual([])

    await there.tool('mount', '-o', 'remount,size=64m', 'small')
    expect(await there.run(['apply'])).toMatchObject({ status: 0 })
    await passesFsck(there)
  })

  test('at whatever point', async ctx => {
    const there = await onDisk(ctx, 'mount -t tmpfs -o size=64m none small')
    const before = await generationOf(there, ONE)
    // A blob of 1 MB that unpacks to 3 MB in memory, a file read in threads, and many small ones, twice over.
    const layers = [[file('noise', noise(MIB))], [file('text', text(5 * MIB))], small(600)]
    await project.layout.add({ layers: layers.map(writeTar), config: { Cmd: ['/tool'] } }, 'all')
    await declare('all', '    rootfs: copy\n')
    const used = Number((await there.tool('df', '--output=used', 'small')).stdout.split('\n')[1])
    const failed: number[] = []
    for (let more = 64; ; more = Math.ceil(more * 1.4)) {
      await there.tool('mount', '-o', `remount,size=${used + more}k`, 'small')
      const ended = await there.run(['apply'])
      if (ended.status === 0) break
      expectFailure(ended, 74, /error DISK: .*(no space|ENOSPC).*hint: Free some space/s)
      expect(await generationOf(there, ONE)).toBe(before)
      expect(await leftovers(there)).toEqual([])
      await passesFsck(there)
      failed.push(more)
    }
    expect(failed.length).toBeGreaterThan(8)
    expect((await there.run(['plan'])).stdout).toMatch(/^No changes/)
    await passesFsck(there)
  })
})

async function passesFsck(there: Project): Promise<void> {
  if ((await there.tool('sh', '-c', 'command -v ostree && test -e small/store/repo/config')).status !== 0)
    return
  expect(await there.tool('ostree', 'fsck', '--quiet', '--repo=small/store/repo')).toMatchObject({
    status: 0,
  })
}

test('a disk that cannot be written', async ctx => {
  const there = await onDisk(ctx, 'mount -t tmpfs none small')
  const before = await generationOf(there, ONE)
  await there.tool('mount', '-o', 'remount,ro', 'small')
  expect((await there.run(['apply'])).stdout).toMatch(/^No changes/)
  await declare('good', '    args: [/other]\n')
  expectFailure(await there.run(['apply']), 74, /error DISK: .*EROFS.*hint: .*can be written/s)
  expect(await generationOf(there, ONE)).toBe(before)
})

describe('folders of somebody else', () => {
  test.for([['store'], ['out'], ['']])('small/%s', async ([name], ctx) => {
    await declare('good')
    const user = await asPlainUser(ctx, project)
    const folder = join(project.folder, 'small', name!)
    await user.tool('mkdir', '-p', folder)
    await chmod(folder, 0o555)
    expectFailure(await user.run(['apply']), 77, /error PERMISSION: .*EACCES.*hint: .*belong to the user/s)
    await chmod(folder, 0o755)
    expect(await user.run(['apply'])).toMatchObject({ status: 0 })
  })

  test('the one that bundles.lock.json is to be written to', async ctx => {
    await declare('good')
    const user = await asPlainUser(ctx, project)
    await chmod(project.folder, 0o555)
    const pattern = /error PERMISSION: cannot write .*bundles\.lock\.json: EACCES.*hint: /s
    expectFailure(await user.run(['apply']), 77, pattern)
    await chmod(project.folder, 0o755)
    expect((await user.run(['apply'])).status).toBe(0)
  })
})

test('too few open files', async ctx => {
  needs(ctx, 'prlimit')
  // Large enough to be read in threads of their own, and one that is not.
  const layers = [5, 5, 5, 1].map((size, i) => writeTar([file(`f${i}`, noise(size * MIB, i))]))
  await project.layout.add({ layers }, 'layers')
  await declare('layers', '    args: [/tool]\n')
  const failed: number[] = []
  // Fewer than 24 and Node itself does not start. Each further one lets an apply come a little further.
  for (let limit = 24; ; limit += 3) {
    const ended = await project.through('prlimit', `--nofile=${limit}`).run(['apply', '-j', '8'])
    if (ended.status === 0) break
    expectFailure(ended, 74, /error DISK: .*EMFILE.*hint: .*ulimit -n/s)
    expect(await leftovers(project)).toEqual([])
    await passesFsck(project)
    failed.push(limit)
  }
  expect(failed.length).toBeGreaterThan(3)
  expect((await project.run(['plan'])).stdout).toMatch(/^No changes/)
  await passesFsck(project)
})

describe('files that cannot be linked', () => {
  test('from another file system are copied, which is said once', async ctx => {
    await add('two', [file('a', 'a'), file('b', 'b'), { path: 'c', type: 'hardlink', target: 'a' }])
    const there = await withMounts(ctx, project, 'mkdir small/out; mount -t tmpfs none small/out')
    await declare('two')
    const { status, stderr } = await there.run(['apply'])
    expect(status).toBe(0)
    expect(stderr.match(/warning EXDEV: one: files were copied/g)).toHaveLength(1)
    const links = await there.tool(
      'stat',
      '--format=%h',
      ...['a', 'b', 'c'].map(name => `${ONE}/rootfs/${name}`),
    )
    expect(links.stdout).toBe('2\n1\n2\n')
    expect(await there.run(['apply'])).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^No changes/),
    })
  })

  test('any more are copied: ext4 has 65,000 names for a file, the image has 70,000', async ctx => {
    needs(ctx, 'mke2fs')
    const link = (_: unknown, i: number) => ({ path: `link${i}`, type: 'hardlink', target: 'file' }) as const
    await add('many', [file('file', 'x'), ...Array.from({ length: 69_999 }, link)])
    const mount = 'mke2fs -q -t ext4 -N 2000 disk 64M; mount -o loop disk small'
    const there = await withMounts(ctx, project, mount)
    await declare('many', '  two: { image: oci:images:many, rootfs: copy }\n')
    expect(await there.run(['apply'])).toMatchObject({ status: 0 })
    const inodes = `find -L small/out -maxdepth 3 -type f -path "*/rootfs/*" -printf '%i\\n' | sort | uniq -c | sort -n | awk '{ print $1 }'`
    // An object has one name more, in the repository.
    expect((await there.tool('sh', '-c', inodes)).stdout).toBe('5000\n5001\n64999\n65000\n')
  })
})
