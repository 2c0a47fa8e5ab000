/** Bundles as archives and images, read by the programs that they are for. */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { asPlainUser } from '../support/plain-user.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { newProject, PROGRAM, type Project } from '../support/project.ts'
import { startRegistry } from '../support/registry.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

const file = (path: string, content: string | Buffer, more: Partial<TarInput> = {}): TarInput => ({
  path,
  type: 'file',
  content: Buffer.from(content),
  ...more,
})

/** What a tar and a `find` have to agree on: setuid, owners, hard links, symlinks, odd names, an xattr. */
const base = async (): Promise<Buffer> =>
  writeTar([
    { path: 'bin', type: 'dir' },
    file('bin/busybox', await readFile('/bin/busybox'), { mode: 0o4755 }),
    { path: 'bin/sh', type: 'hardlink', target: 'bin/busybox' },
    { path: 'etc', type: 'dir' },
    file('etc/passwd', 'root:x:0:0::/root:/bin/sh\nweb:x:33:44::/srv:/bin/sh\n'),
    file('etc/gone', 'gone'),
    { path: 'srv', type: 'dir', mode: 0o2770, uid: 33, gid: 44 },
    file('srv/ü \xff'.replace('ü', '\xc3\xbc'), 'odd', {
      uid: 33,
      gid: 4_000_000,
      xattrs: [['user.note', Buffer.from([0, 255])]],
    }),
    file('srv/empty', '', { mode: 0o600 }),
    { path: 'srv/link', type: 'symlink', target: '/etc/passwd', uid: 33, gid: 44 },
    { path: `srv/${'d'.repeat(120)}`, type: 'dir', mode: 0o1777 },
    file(`srv/${'d'.repeat(120)}/x`, 'long'),
  ])
const BUNDLE = `bundles:
  one:
    image: oci:images:one
    args: [/bin/sh, -c, 'echo hello $WHO']
    env: { WHO: world }
    rlimits: { nofile: 512 }
    mounts:
      - { type: volume, source: data, target: /data }
      - /dev/null:/etc/nothing:ro
`

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo', 'busybox')
  project = await newProject()
  const top = writeTar([file('etc/.wh.gone', '')])
  const config = {
    Cmd: ['/bin/sh'],
    User: 'web',
    Labels: { a: 'b' },
    StopSignal: 'SIGUSR1',
    WorkingDir: '/srv',
  }
  await project.layout.add({ layers: [await base(), top], config }, 'one')
  await project.write(BUNDLE)
})

describe('--format tar', () => {
  test('unpacks to the same tree that was applied, and runs', async ctx => {
    needs(ctx, 'tar', 'runc')
    if (process.getuid!() !== 0) ctx.skip('only root can give files away')
    await applied(project)
    const { status, stderr } = await project.run(['export', 'one', '--format', 'tar', '--output', 'one.tar'])
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr:
        'warning EXPORT_LEFT_OUT: mounts[/data]: the volume data comes as an empty folder\n' +
        'warning EXPORT_HOST: mounts[/etc/nothing]: /dev/null has to be there where the bundle runs\n',
    })
    await ok(project.tool('mkdir', 'there'))
    await ok(project.tool('tar', '-xf', 'one.tar', '--xattrs', '--xattrs-include=*', '-C', 'there'))
    expect(await listing('there/rootfs')).toBe(await listing('out/one/rootfs/.'))
    await ok(project.tool('sh', '-c', 'cmp there/config.json out/one/config.json'))
    const names =
      'cd "$0" && find . -maxdepth 2 ! -path "./rootfs/*" -printf "%P %m\\n" | grep -v ^mounts/ | LC_ALL=C sort'
    expect(await ok(project.tool('sh', '-c', names, 'there/.'))).toBe(
      (await ok(project.tool('sh', '-c', names, 'out/one/.'))).replace(/^ 700$/m, ' 755'),
    )
    expect(await ok(project.tool('stat', '-c', '%u:%g', 'there/mounts/data'))).toBe('33:44\n')
    const ran = await project.tool('runc', 'run', '-b', 'there', `export-${process.pid}`)
    expect(ran).toEqual({ status: 0, stdout: 'hello world\n', stderr: '' })
  })

  test('is the same bytes each time, to a file and to standard output', async () => {
    await applied(project)
    const hash = (name: string) =>
      readFile(join(project.folder, name)).then(bytes => createHash('sha256').update(bytes).digest('hex'))
    await ok(project.run(['export', 'one', '--format', 'tar', '--output', 'a.tar']))
    await ok(
      project.tool('sh', '-c', `exec "${process.execPath}" "$0" export one --format tar >b.tar`, PROGRAM),
    )
    expect(await hash('b.tar')).toBe(await hash('a.tar'))
    await ok(project.run(['apply']))
    await ok(project.run(['export', 'one', '--format', 'tar', '--output', 'c.tar']))
    expect(await hash('c.tar')).toBe(await hash('a.tar'))
  })

  test("has the image's owners and modes also when a plain user made it", async ctx => {
    needs(ctx, 'tar')
    const plain = await asPlainUser(ctx, project)
    await applied(plain)
    await ok(plain.run(['export', 'one', '--format', 'tar', '--output', 'plain.tar']))
    const { stdout } = await plain.tool(
      'tar',
      '--numeric-owner',
      '-tvf',
      'plain.tar',
      'rootfs/bin/busybox',
      'rootfs/srv',
    )
    expect(stdout).toMatch(/^-rwsr-xr-x 0\/0 .* 1970-01-01 00:00 rootfs\/bin\/busybox$/m)
    expect(stdout).toMatch(/^drwxrws--- 33\/44 .* rootfs\/srv\/$/m)
    expect(stdout).toMatch(/^-rw-r--r-- 33\/4000000 /m)
  })

  test('takes an earlier generation, and says which there are', async () => {
    await applied(project)
    await project.write(BUNDLE.replace('world', 'moon'))
    await ok(project.run(['apply']))
    await ok(project.run(['export', 'one', '--format', 'tar', '--generation', '1', '--output', 'one.tar']))
    expect(await ok(project.tool('tar', '-xOf', 'one.tar', 'config.json'))).toContain('WHO=world')
    const { status, stderr } = await project.run(['export', 'one', '--format', 'tar', '--generation', '7'])
    expect({ status, stderr }).toMatchObject({
      status: 66,
      stderr: expect.stringContaining('one has no generation 7'),
    })
  })

  test('stops at an object that is not what its name says, and leaves no file', async () => {
    await applied(project)
    const objects = (
      await ok(project.tool('find', '.ctrbuild/repo/objects', '-name', '*.file', '-size', '4c'))
    )
      .trim()
      .split('\n')
    for (const object of objects) await writeFile(join(project.folder, object), 'evil')
    const { status, stderr } = await project.run(['export', 'one', '--format', 'tar', '--output', 'one.tar'])
    expect({ status, stderr }).toMatchObject({
      status: 65,
      stderr: expect.stringContaining('OBJECT_DAMAGED'),
    })
    expect(await ok(project.tool('ls', '-A'))).not.toMatch(/one\.tar|\.new/)
  })
})

describe('--format oci', () => {
  test('is an image that skopeo and umoci read, and ctrbuild applies to the same tree', async ctx => {
    needs(ctx, 'umoci')
    await applied(project)
    const { status, stderr } = await project.run(['export', 'one', '--format', 'oci', '--output', 'image'])
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr:
        'warning EXPORT_LEFT_OUT: rlimits: an OCI image has no place for it\n' +
        'warning EXPORT_CHANGED: mounts[/data]: is a volume of the image, without the name and the content\n' +
        'warning EXPORT_LEFT_OUT: mounts[/etc/nothing]: an OCI image has no place for a bind mount\n',
    })
    const config = JSON.parse(await ok(project.tool('skopeo', 'inspect', '--config', 'oci:image:one')))
    expect(config).toMatchObject({
      os: 'linux',
      config: {
        User: '33:44',
        Cmd: ['/bin/sh', '-c', 'echo hello $WHO'],
        WorkingDir: '/srv',
        Labels: { a: 'b' },
        StopSignal: 'SIGUSR1',
        Volumes: { '/data': {} },
      },
    })
    expect(config.config.Env).toContain('WHO=world')
    const rootless = process.getuid!() === 0 ? [] : ['--rootless']
    await ok(project.tool('umoci', 'unpack', ...rootless, '--image', 'image:one', 'unpacked'))
    expect(await listing('unpacked/rootfs')).toBe(await listing('out/one/rootfs/.'))

    await project.write('bundles:\n  two: { image: "oci:image:one" }\n')
    await ok(project.run(['apply']))
    const two = await listing('out/two/rootfs/.')
    expect(two).toBe(await listing('out/.generations/one/1/rootfs'))
  })

  test('is the same each time, and never written over what is there', async () => {
    await applied(project)
    await ok(project.run(['export', 'one', '--format', 'oci', '--output', 'a']))
    await ok(project.run(['export', 'one', '--format', 'oci', '--output', 'b']))
    await ok(project.tool('diff', '-r', 'a', 'b'))
    const again = await project.run(['export', 'one', '--format', 'oci', '--output', 'a'])
    expect(again).toMatchObject({ status: 65, stderr: expect.stringContaining('is there already') })
    expect(await project.run(['export', 'one', '--format', 'oci'])).toMatchObject({ status: 64 })
  })

  test('can be pushed to a registry', async ctx => {
    needs(ctx, 'docker-registry')
    await applied(project)
    await ok(project.run(['export', 'one', '--format', 'oci', '--output', 'image']))
    const registry = await startRegistry()
    try {
      const place = `docker://${registry.host}/one:1`
      await ok(project.tool('skopeo', 'copy', '--dest-tls-verify=false', 'oci:image:one', place))
      const { Labels } = JSON.parse(await ok(project.tool('skopeo', 'inspect', '--tls-verify=false', place)))
      expect(Labels).toEqual({ a: 'b' })
    } finally {
      await registry.stop()
    }
  })
})

async function applied(to: Project): Promise<void> {
  await ok(to.run(['apply']))
}

/** Everything that an archive keeps of a folder. */
async function listing(folder: string): Promise<string> {
  const found = await ok(
    project.tool(
      'sh',
      '-c',
      `cd "$0" && find . ! -name . -printf '%P %y %m %U:%G %s %l %T@\\n' | sed -E 's/^(.* d [^ ]+ [^ ]+) [0-9]+/\\1/' | LC_ALL=C sort`,
      folder,
    ),
  )
  const xattrs = isInstalled('getfattr')
    ? await ok(project.tool('sh', '-c', 'cd "$0" && getfattr -R -h -d -m "user.note" .', folder))
    : ''
  return found + xattrs
}

async function ok(
  run: Promise<{ status: number | undefined; stdout: string; stderr: string }>,
): Promise<string> {
  const ended = await run
  if (ended.status !== 0) throw new Error(`ended with ${ended.status}: ${ended.stderr}${ended.stdout}`)
  return ended.stdout
}
