/** Images that lay their links where something will be mounted: under no runtime is anything of the host touched. */
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { forget, PRIVILEGES, run } from '../bundle/machine.ts'
import { temporaryFolder } from '../support/folder.ts'
import { asPlainUser } from '../support/plain-user.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

const RUNTIMES = ['runc', 'crun', 'bwrap', 'bwrap-oci']
/** Writes to both volumes, and looks at the places that are every container's. */
const COMMAND =
  'for at in /data /srv/below; do : >$at/probe && echo here; done; : >/dev/shm/x && : >/tmp/x && read line </proc/self/mounts && exit 5'
const NAME = `mount-targets-${process.pid}`

/** What an image has at a target, given a folder of the host. */
const IMAGES: Readonly<Record<string, (victim: string) => readonly TarInput[]>> = {
  'a volume on a link to a folder of the host': victim => [{ path: 'data', type: 'symlink', target: victim }],
  'a volume below a link to a folder of the host': victim => [
    { path: 'srv', type: 'symlink', target: victim },
  ],
  'a volume on a chain of links': victim => [
    { path: 'data', type: 'symlink', target: 'var/x' },
    { path: 'var/x', type: 'symlink', target: `../../../../../..${victim}` },
  ],
  'a volume on a link to where bubblewrap has the host': victim => [
    { path: 'data', type: 'symlink', target: `/oldroot${victim}` },
  ],
  'a volume below a link to where bubblewrap has the host': victim => [
    { path: 'srv', type: 'symlink', target: `/oldroot${victim}` },
  ],
  'a volume below a relative link to where bubblewrap has the host': victim => [
    { path: 'srv', type: 'symlink', target: `../oldroot${victim}` },
  ],
  '/dev is a link to the root': () => [{ path: 'dev', type: 'symlink', target: '/' }],
  '/dev/shm is a link to a folder of the host': victim => [
    { path: 'dev/shm', type: 'symlink', target: victim },
    { path: 'dev/pts', type: 'symlink', target: victim },
  ],
  '/proc is a file': () => [{ path: 'proc', type: 'file', content: Buffer.from('x') }],
  '/proc is a link to a folder of the host': victim => [{ path: 'proc', type: 'symlink', target: victim }],
  '/sys and /tmp are links to a folder of the host': victim => [
    { path: 'sys', type: 'symlink', target: victim },
    { path: 'tmp', type: 'symlink', target: victim },
  ],
}

vi.setConfig({ testTimeout: 300_000 })

afterAll(() => forget(NAME))

describe.each(PRIVILEGES.map(privilege => [privilege.kind, privilege] as const))('as %s', (_, plain) => {
  const privilege = plain.kind === 'root' ? plain : { ...plain, gid: plain.uid }
  const applied = new Map<string, Promise<string>>()

  test.for(RUNTIMES)('%s', async (runtime, ctx) => {
    needs(ctx, 'skopeo', 'busybox', runtime)
    for (const [what, members] of Object.entries(IMAGES)) {
      const folder = await (applied.get(what) ?? applied.set(what, apply(members)).get(what)!)
      const before = seen(join(folder, 'victim'))
      const { status, stdout, stderr } = run(join(folder, `out/one/run-${runtime}`), {
        privilege,
        args: ['--name', NAME, '--', 'sh', '-c', COMMAND],
        env: { XDG_RUNTIME_DIR: join(folder, 'state') },
        hideCgroup2: runtime === 'crun',
      })
      expect.soft([what, status, stdout + stderr]).toEqual([what, 5, 'here\nhere\n'])
      expect.soft([what, seen(join(folder, 'victim'))]).toEqual([what, before])
      for (const volume of ['a', 'b'])
        expect.soft([what, readdirSync(join(folder, 'out/.volumes/one', volume))]).toEqual([what, ['probe']])
      rmSync(join(folder, 'out/.volumes/one/a/probe'), { force: true })
      rmSync(join(folder, 'out/.volumes/one/b/probe'), { force: true })
    }
  })

  test('a link into itself is refused', async () => {
    const folder = await newFolder(() => [{ path: 'data', type: 'symlink', target: 'data' }])
    expect((await folder.run(['apply'])).stderr).toMatch(/ROOTFS_INVALID: .*its symlinks go in circles/)
  })

  test('a link to what the kernel fills is refused', async () => {
    const folder = await newFolder(() => [{ path: 'data', type: 'symlink', target: 'proc/self' }])
    expect((await folder.run(['apply'])).stderr).toMatch(
      /ROOTFS_INVALID: .*a symlink leads it to "\/proc\/self"/,
    )
  })

  async function newFolder(members: (victim: string) => readonly TarInput[]): Promise<Project> {
    const project = await newProject(await temporaryFolder('/var/tmp'))
    const victim = join(project.folder, 'victim')
    mkdirSync(victim)
    mkdirSync(join(project.folder, 'state'), { mode: 0o700 })
    writeFileSync(join(victim, 'canary'), 'sings')
    const layer = writeTar([
      { path: 'bin/busybox', type: 'file', mode: 0o755, content: await readFile('/bin/busybox') },
      { path: 'bin/sh', type: 'symlink', target: 'busybox' },
      ...members(victim),
    ])
    await project.layout.add({ layers: [layer], config: { Cmd: ['sh'] } }, 'one')
    await project.write(`bundles:
  one:
    image: oci:images:one
    mounts:
      - { type: volume, source: a, target: /data }
      - { type: volume, source: b, target: /srv/below }
`)
    return privilege.kind === 'root' ? project : asPlainUser({ skip: () => {} }, project, privilege.uid)
  }

  async function apply(members: (victim: string) => readonly TarInput[]): Promise<string> {
    const project = await newFolder(members)
    expect(await project.run(['apply'])).toMatchObject({ status: 0 })
    return project.folder
  }
})

/** A folder with all in it: names, kinds, modes, times, contents. */
function seen(folder: string): unknown {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .concat('.')
    .sort()
    .map(name => {
      const { mode, uid, mtimeMs, ctimeMs, ino } = lstatSync(join(folder, name))
      return {
        name,
        mode,
        uid,
        mtimeMs,
        ctimeMs,
        ino,
        content: mode & 0o100000 ? readFileSync(join(folder, name), 'utf8') : '',
      }
    })
}
