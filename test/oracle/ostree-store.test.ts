/**
 * The store that the program leaves is a repository like any other: the ostree program checks, lists, prints, checks
 * out and pulls it, and what it pulled is read back as the same tree.
 */
import { createCipheriv } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { readTree } from '../../src/ostree/read.ts'
import { listRefs, readRef } from '../../src/ostree/refs.ts'
import { openRepo } from '../../src/ostree/repo.ts'
import type { Checksum, Repo } from '../../src/ostree/types.ts'
import { asPlainUser } from '../support/plain-user.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { readRootfs } from '../support/rootfs.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'
import { show } from '../support/tree.ts'
import { memoryFolder } from './ostree-folder.ts'

/** More than is read without a thread, of bytes that repeat nothing. */
const LARGE = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(
  Buffer.alloc(6_000_000),
)
const LAYERS: readonly (readonly TarInput[])[] = [
  [
    { path: './', type: 'dir', mode: 0o755 },
    {
      path: './etc/',
      type: 'dir',
      mode: 0o711,
      uid: 3,
      gid: 4,
      xattrs: [['user.dir', Buffer.from([0, 255])]],
    },
    {
      path: './etc/motd',
      type: 'file',
      content: Buffer.from('hello\n'),
      xattrs: [['user.a', Buffer.from('\xff')]],
    },
    { path: './etc/old', type: 'file', content: Buffer.from('old') },
    { path: './etc/shadow', type: 'file', mode: 0o600, uid: 0, gid: 42, content: Buffer.from('secret') },
    { path: './bin/', type: 'dir' },
    { path: './bin/su', type: 'file', mode: 0o4755, content: Buffer.from('#!su') },
    { path: './bin/sh', type: 'symlink', target: 'su', uid: 7, gid: 8 },
    { path: './bin/also', type: 'hardlink', target: './bin/su' },
    { path: './large', type: 'file', content: LARGE },
    { path: './tmp/', type: 'dir', mode: 0o1777 },
    { path: './empty', type: 'file', mode: 0o400 },
  ],
  [
    { path: './', type: 'dir', mode: 0o755 },
    { path: './etc/', type: 'dir', mode: 0o755 },
    { path: './etc/.wh.old', type: 'file' },
    { path: './etc/motd', type: 'file', content: Buffer.from('changed\n') },
  ],
]
const isRoot = process.getuid!() === 0

describe.each(isRoot ? ['bare', 'bare-user'] : ['bare-user'])('a %s store', mode => {
  let applied: Promise<Project> | undefined
  let project: Project
  let repo: Repo
  let rootfs: Checksum
  beforeEach(async ctx => {
    needs(ctx, 'skopeo', 'ostree')
    applied ??= apply(ctx, mode)
    project = await applied
    repo = openRepo(join(project.folder, '.ctrbuild/repo'))!
    rootfs = [...listRefs(repo, 'ctrbuild/rootfs/').values()][0]!
  })

  async function ostree(...argv: string[]): Promise<string> {
    const { status, stdout, stderr } = await project.tool('ostree', '--repo=.ctrbuild/repo', ...argv)
    expect({ argv, status, stderr }).toEqual({ argv, status: 0, stderr: '' })
    return stdout
  }

  test('is of that mode, and fsck finds nothing', async () => {
    expect(repo.mode).toBe(mode)
    expect(await ostree('fsck')).toContain(
      'object fsck of 8 commits completed successfully - no errors found.',
    )
  })

  test('lists and prints what is in the root file system', async () => {
    const lines = (await ostree('ls', '-R', rootfs)).trimEnd().split('\n')
    expect(lines.map(line => line.replace(/ +/g, ' '))).toEqual([
      'd00755 0 0 0 /',
      '-00400 0 0 0 /empty',
      '-00644 0 0 6000000 /large',
      'd00755 0 0 0 /bin',
      '-04755 0 0 4 /bin/also',
      'l00777 7 8 0 /bin/sh -> su',
      '-04755 0 0 4 /bin/su',
      'd00755 0 0 0 /etc',
      '-00644 0 0 8 /etc/motd',
      '-00600 0 42 6 /etc/shadow',
      'd01777 0 0 0 /tmp',
    ])
    expect(await ostree('cat', rootfs, '/etc/motd')).toBe('changed\n')
  })

  test('is checked out by ostree as by ctrbuild', async () => {
    await ostree('checkout', ...(mode === 'bare' ? [] : ['--user-mode']), rootfs, 'theirs')
    const [ours, theirs] = ['out/one/rootfs', 'theirs'].map(path =>
      show(readRootfs(join(project.folder, path))),
    )
    // The targets of a container's own mounts are there too.
    const more = ours!.split('\n').filter(line => !theirs!.includes(line))
    expect(more.map(line => line.replace(/ @\d+:\d+/, ''))).toEqual([
      'd /dev 755',
      'd /proc 755',
      'd /sys 755',
    ])
    expect(ours!.split('\n').filter(line => !more.includes(line))).toEqual(theirs!.split('\n'))
  })

  test('is pulled into an archive, which is read as the same trees', async () => {
    await project.tool('ostree', '--repo=archive', 'init', '--mode=archive')
    expect(
      await project.tool('ostree', '--repo=archive', 'pull-local', '--untrusted', '.ctrbuild/repo'),
    ).toMatchObject({
      status: 0,
    })
    const fsck = await project.tool('ostree', '--repo=archive', 'fsck')
    expect(fsck.stdout).toContain('no errors found')
    const archive = openRepo(join(project.folder, 'archive'))!
    expect([...listRefs(archive)]).toEqual([...listRefs(repo)])
    for (const commit of listRefs(repo).values())
      expect(readTree(archive, commit)).toEqual(readTree(repo, commit))
  })

  test('holds each layer as ostree commits its tar', async () => {
    const { manifests } = JSON.parse(await readFile(join(project.folder, 'images/index.json'), 'utf8'))
    const blob = (digest: string) => join(project.folder, 'images/blobs/sha256', digest.slice(7))
    const { layers } = JSON.parse(await readFile(blob(manifests[0].digest), 'utf8'))
    for (const [i, { digest }] of layers.entries()) {
      writeFileSync(join(project.folder, `${i}.tar`), writeTar(LAYERS[i]!))
      await ostree('commit', '--branch=judge', '--timestamp=@0', `--tree=tar=${i}.tar`)
      const root = async (ref: string) => (await ostree('ls', '-d', '-C', ref, '/')).trimEnd()
      expect(await root(`ociimage/${digest.slice(7)}`)).toBe(await root('judge'))
    }
    expect(readRef(repo, 'judge')).toBeDefined()
    await ostree('refs', '--delete', 'judge')
  })
})

async function apply(ctx: Parameters<typeof needs>[0], mode: string): Promise<Project> {
  const mine = await newProject(await memoryFolder())
  await mine.layout.add({ layers: LAYERS.map(writeTar), config: { Cmd: ['/bin/sh'] } }, 'one')
  await mine.write('bundles: { one: { image: "oci:images:one" } }\n')
  const project = mode === 'bare' ? mine : await asPlainUser(ctx, mine)
  expect(await project.run(['apply'])).toMatchObject({ status: 0 })
  return project
}
