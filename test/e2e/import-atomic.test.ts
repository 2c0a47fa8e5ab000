/** What `atomic install --system` left, as it laid it out, with a repository that the real ostree made. */
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { fingerprint } from '../support/intact.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'

const DIGEST = `sha256:${'d'.repeat(64)}`
const INFO = {
  image: 'docker.io/library/etcd:3',
  revision: 'e'.repeat(64),
  'ostree-commit': 'c'.repeat(64),
  created: 1500000000,
  values: {
    ETCD_NAME: 'node1',
    ETCD_PORT: '2379',
    NAME: 'etcd',
    DESTDIR: '/var/lib/containers/atomic/etcd.1',
    RUN_DIRECTORY: '/run',
    UUID: 'u',
  },
  'has-container-service': true,
  'installed-files': ['/usr/local/bin/etcdctl'],
  'installed-files-checksum': { '/usr/local/bin/etcdctl': 'a'.repeat(64) },
  'installed-files-template': [],
  'rename-installed-files': {},
  'rpm-installed': null,
  'system-package': 'no',
  remote: null,
  'use-links': true,
  runtime: '/usr/bin/runc',
}

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'ostree')
  project = await newProject()
  await project.tool('mkdir', '-p', 'host/var/lib/containers/atomic/.storage')
})

/** Makes a deployment, and the symlink for the current one. */
async function deploy(
  checkouts: string,
  name: string,
  number: number,
  info: object | string,
  isCurrent = true,
) {
  const folder = join(project.folder, checkouts, `${name}.${number}`)
  await mkdir(join(folder, 'rootfs/exports'), { recursive: true })
  await writeFile(
    join(folder, 'rootfs/exports/manifest.json'),
    '{"version":"1.0","defaultValues":{"ETCD_PORT":"2379"}}',
  )
  await writeFile(join(folder, 'config.json'), '{}')
  await writeFile(join(folder, 'info'), typeof info === 'string' ? info : JSON.stringify(info, undefined, 4))
  // Absolute, as atomic made it, and so to nowhere below another root.
  if (isCurrent)
    await symlink(`/var/lib/containers/atomic/${name}.${number}`, join(project.folder, checkouts, name))
  return folder
}

async function commit(repo: string, ref: string, ...metadata: string[]) {
  const flags = metadata.map(text => `--add-metadata-string=${text}`)
  const { status, stderr } = await project.tool(
    'ostree',
    'commit',
    `--repo=${repo}`,
    '--no-bindings',
    `--parent=${'0'.repeat(64)}`,
    `--branch=ociimage/${ref}`,
    ...flags,
    '--tree=dir=tree',
  )
  expect(status, stderr).toBe(0)
}

test('a system: containers, the one before, images, and a bundles.yaml that is valid', async () => {
  const checkouts = 'host/var/lib/containers/atomic'
  await deploy(checkouts, 'etcd', 0, { ...INFO, revision: 'f'.repeat(64) }, false)
  await deploy(checkouts, 'etcd', 1, INFO)
  await deploy(checkouts, 'broken', 0, '{"image": ')
  await deploy(checkouts, 'leftover', 0, INFO, false)
  await project.tool('mkdir', 'tree')
  const repo = `${checkouts}/.storage/ostree`
  await project.tool('ostree', 'init', `--repo=${repo}`, '--mode=bare-user')
  await commit(
    repo,
    'docker.io_2Flibrary_2Fetcd_3A3',
    'docker.manifest={}',
    `docker.digest=${DIGEST}`,
    'signatures=0',
  )
  await commit(repo, 'a'.repeat(64), 'docker.size=1')
  const before = await fingerprint('host', project)

  const { status, stdout, stderr } = await project.run(['import-atomic', '--root', 'host'])
  expect(status).toBe(0)
  expect(await fingerprint('host', project)).toBe(before)
  expect(stderr.split('\n').map(line => line.replace(/ +/g, ' '))).toEqual([
    'NAME IMAGE CREATED (UTC) STATE',
    'broken ? ? it is not JSON',
    'etcd docker.io/library/etcd:3 2017-07-14 02:40:00 installed',
    'leftover docker.io/library/etcd:3 2017-07-14 02:40:00 left over',
    `${project.folder}/${repo}: 1 image, 1 layer and configuration`,
    ` docker.io/library/etcd:3 ${DIGEST}`,
    '',
  ])
  expect(stdout).toContain(`
  # broken is left out: it is not JSON
  # It ran ${'e'.repeat(64)}: "ctrbuild lock" asks what the tag means now.
  # It could go back to ${'f'.repeat(64)}.
  # It put on the host: /usr/local/bin/etcdctl.
  # No registry is needed for "image: ostree:docker.io/library/etcd:3@${project.folder}/${repo}".
  etcd:
    image: docker.io/library/etcd:3
    system: true
    scope: system
    runtimes: [runc]
    set:
      ETCD_NAME: "node1"
      UUID: "u"
  # leftover is left out: no deployment is the current one
`)
  const written = await project.run(['import-atomic', '--root', 'host', '--output', 'bundles.yaml'])
  expect(written).toMatchObject({ status: 0, stdout: stderr })
  const file = join(project.folder, 'bundles.yaml')
  expect(await readFile(file, 'utf8')).toBe(stdout)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await project.run(['validate'])).toMatchObject({ status: 0 })
  expect(await project.run(['import-atomic', '--root', 'host', '--output', 'bundles.yaml'])).toMatchObject({
    status: 65,
  })
  const json = JSON.parse((await project.run(['import-atomic', '--root', 'host', '--json'])).stdout)
  expect(json).toMatchObject({
    formatVersion: 1,
    scope: 'system',
    layers: 1,
    images: [{ name: 'docker.io/library/etcd:3', digest: DIGEST }],
  })
  expect(json.containers.map((one: { bundle: string }) => one.bundle)).toEqual(['broken', 'etcd', 'leftover'])
})

test('other places, as /etc/atomic.conf names them, and those of packages', async () => {
  await project.tool('mkdir', '-p', 'host/etc', 'host/srv/atomic', 'host/usr/lib/containers/atomic', 'tree')
  await writeFile(
    join(project.folder, 'host/etc/atomic.conf'),
    'checkout_path: /srv/atomic\nostree_repository: /srv/repo\n',
  )
  await project.tool('ostree', 'init', '--repo=host/srv/repo', '--mode=bare-user')
  await deploy('host/srv/atomic', 'etcd', 0, INFO)
  await deploy('host/usr/lib/containers/atomic', 'flannel', 0, { ...INFO, image: 'flannel' })
  const { stdout, stderr } = await project.run(['import-atomic', '--root', 'host'])
  expect(stdout).toMatch(/^ {2}etcd:$/m)
  expect(stdout).toMatch(/^ {2}# An RPM package brought it: remove that package\.$/m)
  expect(stderr).toMatch(/host\/srv\/repo: 0 images/)
})

test("a user's own", async () => {
  await deploy('host/home/me/.local/share/containers/atomic', 'etcd', 0, {
    ...INFO,
    values: {
      RUN_DIRECTORY: '/run/user/1000',
      STATE_DIRECTORY: '/home/me/.data',
      CONF_DIRECTORY: '/home/me/etc',
    },
  })
  const env = { HOME: '/home/me', XDG_DATA_HOME: '' }
  const { status, stdout } = await project.run(['import-atomic', '--user', '--root', 'host'], env)
  expect(status).toBe(0)
  expect(stdout).toMatch(
    / {4}scope: user\n {4}runtimes: \[runc\]\n {4}set:\n {6}CONF_DIRECTORY: "\/home\/me\/etc"\n$/,
  )
})

test('follows no symlink of a deployment, and waits for no pipe', async () => {
  const checkouts = 'host/var/lib/containers/atomic'
  await writeFile(join(project.folder, 'secret'), JSON.stringify({ ...INFO, image: 'hidden' }))
  const one = await deploy(checkouts, 'one', 0, INFO)
  await project.tool('ln', '-sf', join(project.folder, 'secret'), join(one, 'info'))
  const two = await deploy(checkouts, 'two', 0, INFO)
  await project.tool('sh', '-c', 'rm "$0/info"; mkfifo "$0/info"', two)
  const three = await deploy(checkouts, 'three', 0, { ...INFO, image: '\u001b[31mred' })
  await project.tool('sh', '-c', 'rm -r "$0/rootfs/exports"; ln -s / "$0/rootfs/exports"', three)
  const { status, stdout, stderr } = await project.run(['import-atomic', '--root', 'host'])
  expect(status).toBe(0)
  expect(stdout + stderr).not.toContain('hidden')
  expect(stdout + stderr).not.toContain('\u001b')
  expect(stdout).toContain('# one is left out: info is a symlink')
  expect(stdout).toContain('# two is left out: info is no file of at most 1 MiB')
  expect(stdout).toContain('# three is left out: its image is called \\x1b[31mred')
})

test('nothing at all is an error that says where it looked', async () => {
  const { status, stdout, stderr } = await project.run(['import-atomic', '--root', 'empty'])
  expect({ status, stdout }).toEqual({ status: 66, stdout: '' })
  expect(stderr).toContain(
    `there is nothing of atomic in ${project.folder}/empty/var/lib/containers/atomic or`,
  )
})
