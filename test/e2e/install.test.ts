/** install and uninstall with the built program, into a folder that is another machine's root. */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { addImage, type Installation, newInstallation } from '../support/installation.ts'
import { needs, needsRoot } from '../support/programs.ts'
import { writeTar } from '../support/tar-writer.ts'

let at: Installation
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  needsRoot(ctx)
  at = await newInstallation()
})
const UNIT = '/etc/systemd/system/etcd.service'
const readAt = (path: string) => readFile(join(at.root, path), 'utf8')

test('everything is put in place, and nothing the second time', async () => {
  await at.apply('set: { ETCD_NAME: node1, ETCD_PORT: "22379" }')
  const dry = await at.install('--dry-run')
  expect(dry.stdout).toContain(`+ ${UNIT}`)
  expect(at.machine()).toEqual({})

  const { status, stdout, stderr } = await at.install('etcd')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout.replace('It would be', 'Done')).toBe(dry.stdout.replace('It would be', 'Done'))
  const out = join(at.project.folder, 'out/etcd')
  expect(
    Object.fromEntries(
      Object.entries(at.machine()).map(([path, text]) => [path, text.replaceAll(out, 'OUT')]),
    ),
  ).toMatchInlineSnapshot(`
    {
      "/etc/profile.d/etcd.sh": "644 export ETCDCTL_ENDPOINTS=http://127.0.0.1:22379
    ",
      "/etc/systemd/system/etcd.service": "644 [Unit]
    Description=Etcd Server, as etcd
    After=network.target
    Before=flanneld.service

    [Service]
    ExecStartPre=OUT/stop
    ExecStart=OUT/run
    ExecStop=OUT/stop
    WorkingDirectory=OUT
    Restart=on-failure
    RestartSec=5
    LimitNOFILE=65536

    [Install]
    WantedBy=multi-user.target

    # By ctrbuild, and from bundles.yaml:

    [Service]
    SuccessExitStatus=143
    ",
      "/etc/systemd/system/multi-user.target.wants/etcd.service": "-> /etc/systemd/system/etcd.service",
      "/etc/tmpfiles.d/ctrbuild-etcd.conf": "644 d    /var/lib/etcd   0700 0 0 - -
    ",
      "/usr/local/bin/etcdctl-here": "755 #!/bin/sh
    exec OUT/run -- etcdctl "$@"
    ",
      "/usr/share/etcd/same": "644 as it is: $NAME 1
    ",
      "/usr/share/etcd/version-1": "644 1",
    }
  `)

  const again = await at.install()
  expect(again).toMatchObject({
    status: 0,
    stdout: 'etcd: everything is in place\nDone: 0 written, 0 removed, 0 kept.\n',
  })
})

test('systemd takes the unit as it is, as enabled, and its tools make what tmpfiles.d says', async ctx => {
  needs(ctx, 'systemctl', 'systemd-analyze', 'systemd-tmpfiles')
  await at.apply(
    'service: { before: [docker.service, containerd.service], type: notify, description: "100% $x" }',
  )
  await at.install()
  expect(await at.project.tool('systemd-analyze', 'verify', join(at.root, UNIT))).toMatchObject({
    status: 0,
    stderr: '',
  })
  const enabled = await at.project.tool('systemctl', `--root=${at.root}`, 'is-enabled', 'etcd.service')
  expect(enabled.stdout).toBe('enabled\n')
  const made = await at.project.tool(
    'systemd-tmpfiles',
    `--root=${at.root}`,
    '--create',
    'ctrbuild-etcd.conf',
  )
  expect(made).toMatchObject({ status: 0, stderr: '' })
  expect(readdirSync(join(at.root, 'var/lib/etcd'))).toEqual([])
})

test('a service that is not to be enabled is not', async () => {
  await at.apply('service: { enable: false }')
  await at.install()
  expect(Object.keys(at.machine()).filter(path => path.includes('.wants/'))).toEqual([])
  await at.apply('service: { enable: true }')
  expect((await at.install()).stdout).toContain('+ /etc/systemd/system/multi-user.target.wants/etcd.service')
})

test('a change of set: is shown and installed, and rollback brings the old files back', async () => {
  await at.apply()
  await at.install()
  const first = at.machine()
  await at.apply('set: { ETCD_PORT: "5" }\nservice: { restart: always }')
  const dry = await at.install('--dry-run')
  expect(dry.stdout).toContain('    +Restart=always')
  expect(dry.stdout).toContain('    -export ETCDCTL_ENDPOINTS=http://127.0.0.1:2379')
  expect(at.machine()).toEqual(first)
  await at.install()
  expect(await readAt('/etc/profile.d/etcd.sh')).toContain(':5')
  expect(await readAt(UNIT)).toContain('Restart=always')

  expect((await at.project.run(['rollback', 'etcd'])).status).toBe(0)
  expect((await at.install()).status).toBe(0)
  expect(at.machine()).toEqual(first)
})

test('another image brings other files of the host, and takes those of the old one away', async () => {
  await at.apply()
  await at.install()
  await addImage(at.project, '2')
  const text = await readFile(join(at.project.folder, 'bundles.yaml'), 'utf8')
  await writeFile(join(at.project.folder, 'bundles.yaml'), text.replace('etcd1', 'etcd2'))
  expect((await at.project.run(['apply', '--no-locked'])).status).toBe(0)
  const { stdout } = await at.install()
  expect(stdout).toContain('- /usr/share/etcd/version-1')
  expect(stdout).toContain('+ /usr/share/etcd/version-2')
  expect(stdout).toContain('~ /usr/share/etcd/same')
  expect(Object.keys(at.machine()).filter(path => path.startsWith('/usr/share'))).toEqual([
    '/usr/share/etcd/same',
    '/usr/share/etcd/version-2',
  ])
})

describe('what ctrbuild did not write', () => {
  test.each([
    ['a file', (path: string) => writeFileSync(path, 'mine')],
    ['a link', (path: string) => symlinkSync('/dev/null', path)],
    ['a folder', (path: string) => mkdirSync(path)],
  ])('is never overwritten: %s', async (_, make) => {
    await at.apply()
    await mkdir(join(at.root, 'etc/systemd/system'), { recursive: true })
    await make(join(at.root, UNIT))
    const before = at.machine()
    const { status, stderr } = await at.install()
    expect(status).toBe(65)
    expect(stderr).toContain(`error INSTALL_FOREIGN: ${UNIT}: ctrbuild did not put it there`)
    expect(at.machine()).toEqual(before)
  })

  test('is left alone by uninstall, and so is what was changed since', async () => {
    await mkdir(join(at.root, 'usr/local/bin'), { recursive: true })
    writeFileSync(join(at.root, 'usr/local/bin/mine'), 'mine')
    await at.apply()
    await at.install()
    writeFileSync(join(at.root, 'etc/profile.d/etcd.sh'), 'changed')
    chmodSync(join(at.root, 'usr/share/etcd/same'), 0o600)
    rmSync(join(at.root, 'usr/share/etcd/version-1'))
    const { status, stdout } = await at.uninstall()
    expect(status).toBe(0)
    expect(stdout).toContain('! /etc/profile.d/etcd.sh was changed since it was put there, and stays')
    expect(stdout).toContain('! /usr/share/etcd/same was changed since it was put there, and stays')
    expect(stdout).toContain('/usr/share/etcd/version-1, which was gone already')
    expect(Object.keys(at.machine())).toEqual([
      '/etc/profile.d/etcd.sh',
      '/usr/local/bin/mine',
      '/usr/share/etcd/same',
    ])
    expect((await at.uninstall()).stderr).toContain('"etcd" is not installed')
  })

  test('stays in an update as well, and is told of again', async () => {
    await at.apply()
    await at.install()
    await writeFile(join(at.root, UNIT), '# mine now\n')
    await at.apply('service: { restart: always }')
    for (const _ of [1, 2])
      expect((await at.install()).stdout).toContain(`! ${UNIT} was changed since it was put there, and stays`)
    expect(await readAt(UNIT)).toBe('# mine now\n')
  })
})

test('uninstall takes everything away that install has made, folders too', async () => {
  await at.apply()
  await at.install()
  const { status } = await at.uninstall()
  expect(status).toBe(0)
  expect(at.machine()).toEqual({})
  expect(readdirSync(at.root).sort()).toEqual(['etc', 'var'])
  expect(readdirSync(join(at.root, 'etc'))).toEqual([])
})

test('a file that is gone is put there again', async () => {
  await at.apply()
  await at.install()
  const before = at.machine()
  rmSync(join(at.root, UNIT))
  expect((await at.install()).stdout).toContain(`+ ${UNIT}`)
  expect(at.machine()).toEqual(before)
})

test('no link of the folder leads to this machine', async () => {
  await at.apply()
  const outside = join(at.project.folder, 'outside')
  await mkdir(outside)
  symlinkSync(outside, join(at.root, 'etc/systemd'))
  const { status, stderr } = await at.install()
  expect(status).toBe(65)
  expect(stderr).toContain('error INSTALL_PATH')
  expect(readdirSync(outside)).toEqual([])
})

test('two projects cannot install one name', async () => {
  await at.apply()
  await at.install()
  const other = await newInstallation()
  await other.apply()
  const { status, stderr } = await other.project.run(['install', '--root', at.root])
  expect(status).toBe(65)
  expect(stderr).toContain(
    `error INSTALL_FOREIGN: etcd is installed already, from ${at.project.folder}/out/etcd`,
  )
})

test('a generation that was edited is not installed', async () => {
  await at.apply()
  await writeFile(join(at.project.folder, 'out/etcd/system/etcd.service'), '[Service]\nExecStart=/evil\n')
  const { status, stderr } = await at.install()
  expect(status).toBe(66)
  expect(stderr).toContain('error NOT_APPLIED')
  expect((await at.project.run(['plan'])).stdout).toContain('system/etcd.service was changed by hand')
})

test('bundles that lie in the folder itself are named as that machine will know them', async () => {
  await at.apply()
  const text = await readFile(join(at.project.folder, 'bundles.yaml'), 'utf8')
  await writeFile(
    join(at.project.folder, 'bundles.yaml'),
    text.replace('bundles:', 'out: root/srv\nbundles:'),
  )
  expect((await at.project.run(['apply'])).status).toBe(0)
  await at.install()
  expect(await readAt(UNIT)).toContain('ExecStart=/srv/etcd/run')
})

test('--json says the same', async () => {
  await at.apply()
  const { stdout } = await at.install('--json')
  const { services } = JSON.parse(stdout)
  expect(services[0].actions).toContainEqual({ kind: 'create', path: UNIT })
  expect(existsSync(join(at.root, UNIT))).toBe(true)
})

test("a user's service goes to the user's places", async ctx => {
  needs(ctx, 'systemctl', 'systemd-analyze')
  await at.apply('scope: user')
  const home = join(at.project.folder, 'home')
  await mkdir(home)
  const { status, stderr } = await at.project.run(['install'], { HOME: home, XDG_RUNTIME_DIR: home })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const unit = join(home, '.config/systemd/user/etcd.service')
  expect(await readFile(unit, 'utf8')).toContain('WantedBy=default.target')
  expect(existsSync(join(home, '.config/systemd/user/default.target.wants/etcd.service'))).toBe(true)
  expect(await readFile(join(home, '.config/user-tmpfiles.d/ctrbuild-etcd.conf'), 'utf8')).toContain(
    '%h/.data/etcd',
  )
  expect(
    await at.project.tool('env', `XDG_RUNTIME_DIR=${home}`, 'systemd-analyze', '--user', 'verify', unit),
  ).toMatchObject({
    status: 0,
    stderr: '',
  })
})

test('apply --install does both', async () => {
  const home = join(at.project.folder, 'home')
  await mkdir(home)
  await at.project.write(
    'bundles:\n  etcd:\n    image: oci:images:etcd1\n    system: true\n    scope: user\n    runtimes: [runc]\n  plain:\n    image: oci:images:etcd1\n    args: [x]\n    runtimes: [runc]\n',
  )
  const env = { HOME: home, XDG_RUNTIME_DIR: home }
  for (const written of [3, 0]) {
    const { status, stdout } = await at.project.run(['apply', '--install'], env)
    expect(status).toBe(0)
    expect(stdout).toMatch(new RegExp(`Done: ${written} written, 0 removed, 0 kept\\.\\n$`))
  }
})

test('a generation has the same bytes in every folder', async () => {
  const other = await newInstallation()
  for (const installation of [at, other]) await installation.apply('set: { ETCD_NAME: node1 }')
  const [one, two] = [at, other].map(({ project }) => join(project.folder, 'out/etcd'))
  for (const path of ['ctrbuild.json', 'config.json', 'system/install.json', 'system/etcd.service'])
    expect(await readFile(join(two!, path), 'utf8')).toBe(await readFile(join(one!, path), 'utf8'))
})

test('an image without /exports becomes a service too, for the machine and for a user', async ctx => {
  needs(ctx, 'systemd-analyze')
  await at.project.layout.add(
    { layers: [writeTar([])], config: { Cmd: ['/x'], StopSignal: 'SIGINT' } },
    'plain',
  )
  const bundle = (scope: string) =>
    `  ${scope}:\n    image: oci:images:plain\n    scope: ${scope}\n    runtimes: [runc]\n    service: { description: "50% \\\\", before: [docker.service], wants: [network-online.target] }\n    tmpfiles: ["d /var/lib/x 0700 - - -"]\n`
  await at.project.write(`bundles:\n${bundle('system')}${bundle('user')}`)
  const home = join(at.project.folder, 'home')
  mkdirSync(home)
  const env = { HOME: home, XDG_RUNTIME_DIR: home }
  expect(await at.project.run(['apply'], env)).toMatchObject({ status: 0 })
  expect(await at.project.run(['install', '--root', 'root'], env)).toMatchObject({ status: 0, stderr: '' })
  const system = join(at.root, 'etc/systemd/system/system.service')
  const user = join(at.root, home, '.config/systemd/user/user.service')
  expect(await at.project.tool('systemd-analyze', 'verify', system)).toMatchObject({ status: 0, stderr: '' })
  const verify = ['env', `XDG_RUNTIME_DIR=${home}`, 'systemd-analyze', '--user', 'verify', user] as const
  expect(await at.project.tool(...verify)).toMatchObject({ status: 0, stderr: '' })
})
