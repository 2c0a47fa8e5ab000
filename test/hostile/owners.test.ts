/** Owners, modes and special files that must not reach the host as the image has them. */
import { chmod, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { asPlainUser } from '../support/plain-user.ts'
import { needs } from '../support/programs.ts'
import type { Project } from '../support/project.ts'
import { readRootfs } from '../support/rootfs.ts'
import type { TarInput } from '../support/tar-writer.ts'
import { lines, show } from '../support/tree.ts'
import { applyOne, fileAt as f } from './apply-one.ts'

const dir = (path: string, more: Partial<TarInput> = {}): TarInput => ({ path, type: 'dir', ...more })
const isRoot = process.getuid!() === 0
beforeEach(ctx => needs(ctx, 'skopeo', 'ostree'))

/** Owners and modes of every kind. */
const OWNED = [
  dir('d', { mode: 0o2775, uid: 1000, gid: 100 }),
  dir('closed', { mode: 0, uid: 1, gid: 1 }),
  f('closed/f', { mode: 0, uid: 0xffff_fffe, gid: 0xffff_fffe }),
  f('su', { mode: 0o4755 }),
  f('write', { mode: 0o2755, gid: 5 }),
  f('all', { mode: 0o7777, uid: 65534 }),
  f('large', { uid: 3_000_000, gid: 2_097_152 }),
  { path: 'link', type: 'symlink', target: 'su', uid: 7, gid: 8, mode: 0o600 },
] as const

describe('owners and modes', () => {
  test("are the image's in a store of root's", async ctx => {
    if (!isRoot) ctx.skip('only root gives files away')
    const { rootfs, project } = await applyOne(OWNED)
    expect(lines(show(readRootfs(rootfs))).filter(line => !/^d \/(dev|proc|sys|tmp) /.test(line))).toEqual([
      'f /all 7777 @65534:0 all',
      'd /closed 0 @1:1',
      'f /closed/f 0 @4294967294:4294967294 closed/f',
      'd /d 2775 @1000:100',
      'f /large 644 @3000000:2097152 large',
      'l /link @7:8 su',
      'f /su 4755 su',
      'f /write 2755 @0:5 write',
    ])
    expect((await stat(join(project.folder, 'out/it/rootfs/su'))).nlink).toBe(2)
  })

  test("are the user's in a plain user's store, which keeps the image's beside", async ctx => {
    const { rootfs, project, status } = await applyOne(OWNED, mine => asPlainUser(ctx, mine))
    expect(status).toBe(0)
    const { uid, gid } = await stat(project.folder)
    const plain = (text: string) =>
      text.replaceAll(` @${uid}:${gid}`, '').replaceAll(/ \+user\.ostreemeta=\w+/g, '')
    expect(
      lines(plain(show(readRootfs(rootfs)))).filter(line => !/^d \/(dev|proc|sys|tmp)? /.test(line)),
    ).toEqual([
      'f /all 775 all',
      'd /closed 700',
      'f /closed/f 400 closed/f',
      'd /d 775',
      'f /large 644 large',
      'l /link su',
      'f /su 755 su',
      'f /write 755 write',
    ])
    const listed = await project.tool(
      'sh',
      '-c',
      'ostree ls -R --repo=.ctrbuild/repo "$(ostree refs --repo=.ctrbuild/repo --list ctrbuild/rootfs)"',
    )
    expect(listed.stdout.replaceAll(/ +/g, ' ').split('\n')).toEqual(
      expect.arrayContaining([
        '-07777 65534 0 3 /all',
        'd02775 1000 100 0 /d',
        '-00000 4294967294 4294967294 8 /closed/f',
      ]),
    )
  })

  test('that a container with several ids would not see are told', async ctx => {
    const mapped = async (mine: Project, ids: readonly (readonly [number, number, number])[]) => {
      const ranges = ids.map(
        ([inside, out, size]) => `{ containerID: ${inside}, hostID: ${out}, size: ${size} }`,
      )
      const both = ['uid', 'gid'].map(kind => `${kind}Mappings: [${ranges.join(', ')}]`).join(', ')
      await mine.write(`bundles: { it: { image: "oci:images:it", runtimes: [runc], ${both} } }\n`)
      return asPlainUser(ctx, mine)
    }
    const user = isRoot ? 54321 : process.getuid!()
    const told = (warnings: readonly string[]) => warnings.filter(warning => warning.includes('OWNERS_LOST'))
    const several = await applyOne(OWNED, mine =>
      mapped(mine, [
        [0, user, 1],
        [1, 200_000, 65_000],
      ]),
    )
    expect(told(several.warnings)).toEqual([
      'OWNERS_LOST it: files have other owners in the container than in the image: /all (65534:0), /closed (1:1), /closed/f (4294967294:4294967294), /d (1000:100), /large (3000000:2097152) and 2 more',
    ])
    // All files are the only user's there is.
    const one = await applyOne(OWNED, mine => asPlainUser(ctx, mine))
    expect(told(one.warnings)).toEqual([])
  })

  test('let nobody else at a setuid program', async ctx => {
    if (!isRoot) ctx.skip('only root can be somebody else')
    needs(ctx, 'setpriv')
    const { project } = await applyOne([f('su', { mode: 0o4755 }), f('sg', { mode: 0o2755 })])
    await chmod(project.folder, 0o755)
    const modes = ['.ctrbuild/repo', 'out/.generations/it/1'].map(path => stat(join(project.folder, path)))
    expect((await Promise.all(modes)).map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o700])
    const find = ['find', project.folder, '-perm', '/6000', '-type', 'f']
    const own = await project.tool(find[0]!, ...find.slice(1))
    expect(own.stdout.trim().split('\n')).toHaveLength(4)
    const other = await project
      .through('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups')
      .tool(find[0]!, ...find.slice(1))
    expect(other.stdout).toBe('')
    expect(other.stderr).toMatch(/out\/\.generations\/it\/1.*Permission denied/)
  })
})

describe('devices, pipes and sockets', () => {
  const MEMBERS = [
    dir('dev'),
    ...['sda', 'sdb', 'sdc', 'sdd'].map(
      name => ({ path: `dev/${name}`, type: 'block', device: [8, 0] }) as const,
    ),
    { path: 'dev/mem', type: 'char', mode: 0o666, device: [1, 1] },
    { path: 'run/pipe', type: 'fifo' },
    f('file'),
  ] as const

  test.for(['root', 'a plain user'])('are left out with a warning: %s', async (who, ctx) => {
    if (who === 'root' && !isRoot) ctx.skip('only root can make them')
    const { project, status, warnings } = await applyOne(MEMBERS, async mine =>
      who === 'root' ? mine : asPlainUser(ctx, mine),
    )
    expect(status).toBe(0)
    expect(warnings).toEqual([
      'SPECIAL_DROPPED oci:images:it: special files are left out: dev/sda (block), dev/sdb (block), dev/sdc (block) and 3 more',
    ])
    const { stdout } = await project.tool(
      'find',
      '.',
      '!',
      '-type',
      'f',
      '!',
      '-type',
      'd',
      '!',
      '-type',
      'l',
    )
    expect(stdout).toBe('')
    expect((await project.tool('find', 'out/it/rootfs/dev', 'out/it/rootfs/file')).stdout).toBe(
      'out/it/rootfs/dev\nout/it/rootfs/file\n',
    )
  })
})
