/** Bundles as portable services, Quadlet files and pods, read by the programs that they are for. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { needs } from '../support/programs.ts'
import { newProject, PROGRAM, type Project } from '../support/project.ts'
import { loadUnit } from '../support/systemd.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

const file = (path: string, content: string | Buffer, mode = 0o644): TarInput => ({
  path,
  type: 'file',
  content: Buffer.from(content),
  mode,
})
const SCRIPT = 'echo "hello $WHO 100% $(echo $(WHO) "$$" | wc -c)"'
const BUNDLE = `bundles:
  one:
    image: oci:images:one
    args: [sh, -c, '${SCRIPT}']
    env: { WHO: "wörld $x %n" }
    rlimits: { nofile: 512, core: unlimited }
    resources: { memory: { limit: 64M }, cpu: { quota: 50000 }, pids: 50 }
    mounts:
      - { type: volume, source: data, target: /data }
      - /dev/null:/etc/nothing:ro
      - { type: tmpfs, target: /scratch, size: 1M, mode: "0700" }
`

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo', 'busybox')
  project = await newProject()
  const layer = writeTar([
    file('bin/busybox', await readFile('/bin/busybox'), 0o755),
    ...['sh', 'wc'].map((name): TarInput => ({ path: `bin/${name}`, type: 'symlink', target: 'busybox' })),
    file('etc/passwd', 'web:x:33:44::/srv:/bin/sh\n'),
    { path: 'srv', type: 'dir', uid: 33, gid: 44 },
    { path: 'usr', type: 'dir' },
    { path: 'usr/lib', type: 'symlink', target: '../lib' },
  ])
  const config = { Cmd: ['sh'], User: 'web', Env: ['PATH=/sbin:/bin'], StopSignal: 'SIGUSR1' }
  await project.layout.add({ layers: [layer], config }, 'one')
  await project.write(BUNDLE)
  await ok(project.run(['apply']))
})

describe('--format portable', () => {
  test('is a tree with a unit that systemd finds no fault with', async ctx => {
    needs(ctx, 'systemd-analyze')
    const { status, stderr } = await project.run(['export', 'one', '--format', 'portable', '--output', 'one'])
    expect(status).toBe(0)
    for (const key of ['resources', 'mounts[/data]', 'mounts[/etc/nothing]'])
      expect(stderr).toMatch(new RegExp(`^warning EXPORT_[A-Z_]+: ${key.replace(/[[\]]/g, '\\$&')}: `, 'm'))
    const tree = (
      await ok(project.tool('sh', '-c', 'cd one && find . -printf "%y %P\\n" | LC_ALL=C sort'))
    ).split('\n')
    for (const line of [
      'd proc',
      'd run',
      'd sys',
      'd tmp',
      'd var/tmp',
      'd data',
      'f etc/machine-id',
      'f etc/resolv.conf',
    ])
      expect(tree).toContain(line)
    // /usr/lib is a symlink inside the root: its folder is where that leads.
    expect(tree).toEqual(
      expect.arrayContaining(['l usr/lib', 'f lib/os-release', 'f lib/systemd/system/one.service']),
    )

    // As portabled does when it attaches a folder (systemd.io/PORTABLE_SERVICES).
    await mkdir(join(project.folder, 'units/one.service.d'), { recursive: true })
    await ok(project.tool('cp', 'one/lib/systemd/system/one.service', 'units'))
    const attached = `[Service]\nRootDirectory=${project.folder}/one\nMountAPIVFS=yes\n`
    await writeFile(join(project.folder, 'units/one.service.d/20-portable.conf'), attached)
    const verified = await project.tool('systemd-analyze', 'verify', '--man=no', 'units/one.service')
    expect(verified).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  test('is started as the bundle is', async ctx => {
    needs(ctx, 'systemd-analyze', 'setpriv')
    const tar = ['export', 'one', '--format', 'portable', '--output', 'one.tar']
    await ok(project.run(tar))
    const unit = await ok(project.tool('tar', '-xOf', 'one.tar', 'lib/systemd/system/one.service'))
    const { commands, settings } = await loadUnit(unit)
    // The program is found in the image's PATH, and called what it was.
    expect(commands).toEqual([{ key: 'ExecStart', words: ['sh', '-c', SCRIPT.replaceAll('$', '$$$$')] }])
    expect(unit).toMatch(/^ExecStart=@\/bin\/sh sh -c /m)
    expect(settings.get('Environment')).toEqual(
      expect.arrayContaining(['WHO=wörld $x %n', 'PATH=/sbin:/bin']),
    )
    for (const line of [
      'User=33',
      'Group=44',
      'LimitNOFILE=512:512',
      'LimitCORE=infinity:infinity',
      'KillSignal=SIGUSR1',
      'MemoryMax=67108864',
      'CPUQuota=50%',
      'TasksMax=50',
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'StateDirectory=one/data',
      'BindPaths=/var/lib/one/data:/data',
      'BindReadOnlyPaths=/dev/null:/etc/nothing',
      'TemporaryFileSystem=/scratch:mode=700,size=1048576',
    ])
      expect(unit.split('\n')).toContain(line)
  })

  test('has the owners of the image in a folder that root makes, and is the same as the archive', async ctx => {
    if (process.getuid!() !== 0) ctx.skip('only root can give files away')
    await ok(project.run(['export', 'one', '--format', 'portable', '--output', 'one']))
    await ok(
      project.tool(
        'sh',
        '-ec',
        `mkdir two; "${process.execPath}" "$0" export one --format portable 2>/dev/null | tar -x -C two`,
        PROGRAM,
      ),
    )
    const listing = (folder: string) =>
      ok(
        project.tool(
          'sh',
          '-c',
          'cd "$0" && find . -printf "%P %y %m %U:%G %l %T@\\n" | LC_ALL=C sort',
          folder,
        ),
      )
    expect(await listing('one')).toBe(await listing('two'))
    expect(await listing('one')).toMatch(/^srv d 755 33:44 /m)
    await ok(project.tool('diff', '-r', '--no-dereference', 'one', 'two'))
  })
})

describe('--format quadlet', () => {
  test('says with the keys of podman-systemd.unit(5) what the bundle is', async () => {
    const { status, stdout, stderr } = await project.run(['export', 'one', '--format', 'quadlet'])
    expect(status).toBe(0)
    expect(stderr).toMatch(/^warning EXPORT_HOST: rootfs: podman runs the files in the output folder/m)
    for (const line of [
      `Rootfs=${project.folder}/out/one/rootfs:O`,
      'User=33',
      'Group=44',
      'ReadOnly=true',
      'DropCapability=all',
      'AddCapability=CAP_KILL',
      'Ulimit=nofile=512:512',
      'Ulimit=core=-1:-1',
      'Volume=one-data:/data',
      'Volume=/dev/null:/etc/nothing:ro',
      'Tmpfs=/scratch:mode=700,size=1048576',
      'PodmanArgs=--stop-signal=SIGUSR1',
      'PodmanArgs=--memory=67108864',
    ])
      expect(stdout.split('\n')).toContain(line)
  })

  test('becomes a service by the generator of podman', async ctx => {
    const generator = '/usr/lib/systemd/system-generators/podman-system-generator'
    needs(ctx, generator)
    await ok(project.run(['export', 'one', '--format', 'quadlet', '--output', 'one.container']))
    const env = `QUADLET_UNIT_DIRS=${project.folder}`
    const { status, stdout } = await project.tool('env', env, generator, '--dryrun')
    expect(status).toBe(0)
    expect(stdout).toContain(`--rootfs ${project.folder}/out/one/rootfs:O`)
    expect(stdout).not.toMatch(/unsupported key/i)
  })
})

describe('--format k8s-pod', () => {
  test('says what the bundle is, and how to have a dollar sign', async () => {
    const { status, stdout, stderr } = await project.run([
      'export',
      'one',
      '--format',
      'k8s-pod',
      '--image',
      'r.example/one:1',
    ])
    expect(status).toBe(0)
    expect(stderr).toMatch(/^warning EXPORT_LEFT_OUT: rlimits: a pod has no place for it$/m)
    const { metadata, spec } = parse(stdout)
    expect(metadata.name).toBe('one')
    expect(spec.containers).toHaveLength(1)
    expect(spec.containers[0]).toMatchObject({
      image: 'r.example/one:1',
      command: ['sh', '-c', 'echo "hello $WHO 100% $(echo $$(WHO) "$$$" | wc -c)"'],
      workingDir: '/',
      resources: { limits: { memory: 67108864, cpu: '500m' } },
      securityContext: {
        runAsUser: 33,
        runAsGroup: 44,
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      },
    })
    const mounts = spec.containers[0].volumeMounts as { name: string; mountPath: string }[]
    expect(mounts.map(mount => mount.mountPath).sort()).toEqual(['/data', '/etc/nothing', '/scratch', '/tmp'])
    expect(spec.volumes.map((volume: { name: string }) => volume.name).sort()).toEqual(
      mounts.map(mount => mount.name).sort(),
    )
  })

  test('runs from the exported image with podman', async ctx => {
    needs(ctx, 'podman', 'runc')
    if (process.getuid!() !== 0) ctx.skip('only root has a store of podman here')
    await project.write(BUNDLE.replace(SCRIPT, 'id -u; echo "hello $WHO"').replace("'sh', 'wc'", "'sh'"))
    await ok(project.run(['apply']))
    await ok(project.run(['export', 'one', '--format', 'oci', '--output', 'image']))
    await ok(project.run(['export', 'one', '--format', 'k8s-pod', '--output', 'pod.yaml']))
    const pod = parse(await readFile(join(project.folder, 'pod.yaml'), 'utf8'))
    await writeFile(
      join(project.folder, 'pod.yaml'),
      JSON.stringify({ ...pod, spec: { ...pod.spec, restartPolicy: 'Never' } }),
    )
    // Limits that a machine without all rights can set.
    const limits = '[containers]\ndefault_ulimits = ["nofile=512:512", "nproc=512:512"]\n'
    await writeFile(join(project.folder, 'containers.conf'), limits)
    const [root, run] = ['podman', 'podman-run'].map(name => join(project.folder, name))
    const podman = (...args: string[]) =>
      project.tool(
        'env',
        `CONTAINERS_CONF=${project.folder}/containers.conf`,
        'podman',
        '--root',
        root!,
        '--runroot',
        run!,
        '--runtime',
        'runc',
        '--cgroup-manager',
        'cgroupfs',
        ...args,
      )
    onTestFinished(async () => void (await podman('system', 'reset', '--force')))
    const driver = (await ok(podman('info', '--format', '{{.Store.GraphDriverName}}'))).trim()
    await ok(
      project.tool(
        'skopeo',
        'copy',
        '--quiet',
        'oci:image:one',
        `containers-storage:[${driver}@${root}+${run}]localhost/one:latest`,
      ),
    )
    const played = await podman('kube', 'play', 'pod.yaml')
    if (/setrlimit|cgroup|operation not permitted/i.test(played.stderr))
      ctx.skip(`podman cannot run containers here: ${played.stderr.trim()}`)
    expect(played.status, played.stderr).toBe(0)
    expect(await ok(podman('wait', 'one-one'))).toBe('0\n')
    expect(await ok(podman('logs', 'one-one'))).toBe('33\nhello wörld $x %n\n')
  })
})

async function ok(
  run: Promise<{ status: number | undefined; stdout: string; stderr: string }>,
): Promise<string> {
  const ended = await run
  if (ended.status !== 0) throw new Error(`ended with ${ended.status}: ${ended.stderr}${ended.stdout}`)
  return ended.stdout
}
