/** Running a container is no drift, whichever runtime runs it: everything it mounts on has been made beforehand. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { asPlainUser } from '../support/plain-user.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

const RUNTIMES = ['runc', 'crun', 'bwrap-oci', 'bwrap']
/** crun refuses cgroups of both versions at once. */
const HIDE_CGROUP2 = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"',
  'sh',
]
const file = (path: string, content: Buffer | string, mode = 0o644): TarInput => ({
  path,
  type: 'file',
  mode,
  content: Buffer.from(content),
})

describe.each(['root', 'a plain user'])('as %s', who => {
  let project: Project

  beforeEach(async ctx => {
    needs(ctx, 'skopeo', 'busybox')
    const plain = await newProject()
    project = process.getuid!() === 0 ? plain.through(...HIDE_CGROUP2) : plain
    const layer = writeTar([
      file('bin/busybox', await readFile('/bin/busybox'), 0o755),
      { path: 'bin/sh', type: 'symlink', target: 'busybox' },
      file('etc/passwd', 'root:x:0:0::/root:/bin/sh\n'),
      file('etc/empty', ''),
      { path: 'srv', type: 'dir', mode: 0o2770 },
    ])
    await project.layout.add({ layers: [layer], config: { Cmd: ['/bin/sh'] } }, 'one')
    await writeFile(join(project.folder, 'given'), 'given')
    await mkdir(join(project.folder, 'shared'))
    await project.write(`bundles:
  drift-run:
    image: oci:images:one
    args: [/bin/sh, -c, 'echo x >/data/file; echo y >/made/on/the/way/file; read word </etc/given; echo it ran: $word']
    mounts:
      - { type: volume, source: data, target: /data }
      - { type: bind, source: ./given, target: /etc/given }
      - { type: bind, source: ./shared, target: /made/on/the/way, readonly: false }
      - { type: tmpfs, target: /tmp }
`)
    if (who !== 'root') project = await asPlainUser(ctx, project)
    expect(await project.run(['apply'])).toMatchObject({ status: 0 })
  })

  test.for(RUNTIMES)('%s', async (runtime, ctx) => {
    needs(ctx, runtime)
    const ran = await project.tool(`out/drift-run/run-${runtime}`)
    expect(ran).toMatchObject({ stdout: 'it ran: given\n' })
    const plan = await project.run(['plan', '--show-drift'])
    expect(plan.stdout).toBe('No changes. 1 bundle is up to date.\n')
  })
})
