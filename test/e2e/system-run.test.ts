/**
 * An etcd and a flannel-like system container, installed and started by the Exec lines of their units in the units'
 * order, as systemd would: etcd answers, the second one finds it, both before anything of Docker's.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, expect, test, vi } from 'vitest'
import { asPlainUser } from '../support/plain-user.ts'
import { needs, needsRoot } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { freePort } from '../support/registry.ts'
import { follow, isRunning, until } from '../support/running.ts'
import { addSystemImages, DEMO, makeDemoImages, systemBundles } from '../support/system-images.ts'

const ETCD = `etcd-${process.pid}`
const FLANNEL = `flanneld-${process.pid}`
const unitPath = (root: string, name: string) => join(root, 'etc/systemd/system', `${name}.service`)

beforeAll(makeDemoImages, 300_000)

/** A project with both, applied and installed into the folder `root`. */
async function installed(): Promise<{ project: Project; root: string; port: number; subnet: string }> {
  const project = await newProject()
  await addSystemImages(project.layout)
  const [port, peer] = [await freePort(), await freePort()]
  const places = `STATE_DIRECTORY: ${project.folder}/state, RUN_DIRECTORY: ${project.folder}/run`
  await project.write(
    systemBundles(
      {
        name: ETCD,
        keys: `set: { ETCD_NAME: node1, ETCD_PORT: "${port}", ETCD_PEER_PORT: "${peer}", ${places} }`,
      },
      {
        name: FLANNEL,
        keys: `set: { FLANNELD_ETCD_ENDPOINT: "http://127.0.0.1:${port}", ETCD_SERVICE: ${ETCD}, ${places} }`,
      },
    ),
  )
  const root = join(project.folder, 'root')
  mkdirSync(root)
  for (const args of [['apply'], ['install', '--root', 'root']]) {
    const { status, stderr } = await project.run(args)
    expect(status, stderr).toBe(0)
  }
  return { project, root, port, subnet: join(project.folder, 'run/flannel/subnet.env') }
}

/** Values of a setting, in the unit's order. */
function valuesOf(text: string, key: string): string[] {
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))]
    .flatMap(match => match[1]!.split(' '))
    .filter(Boolean)
}

/** Units in an order that After and Before allow. */
function startOrder(units: ReadonlyMap<string, string>): string[] {
  const names = [...units.keys()]
  const isAfter = (a: string, b: string) =>
    valuesOf(units.get(a)!, 'After').includes(b) || valuesOf(units.get(b)!, 'Before').includes(a)
  const order: string[] = []
  const visit = (name: string): void => {
    if (order.includes(name)) return
    for (const other of names) if (other !== name && isAfter(name, other)) visit(other)
    order.push(name)
  }
  for (const name of names) visit(name)
  return order
}

async function answers(url: string): Promise<string> {
  return vi.waitFor(async () => (await fetch(url)).text(), { timeout: 60_000, interval: 50 })
}

test('both run as their units say', async ctx => {
  needs(ctx, 'runc', 'skopeo', 'systemd-tmpfiles', 'apt-get')
  needsRoot(ctx)
  const { project, root, port, subnet } = await installed()
  const texts = new Map(
    [ETCD, FLANNEL].map(name => [`${name}.service`, readFileSync(unitPath(root, name), 'utf8')]),
  )

  // The later one first, so that an order must come from the units.
  const order = startOrder(new Map([['docker.service', ''], ...[...texts].reverse()]))
  expect(order).toEqual([`${ETCD}.service`, `${FLANNEL}.service`, 'docker.service'])
  for (const name of [ETCD, FLANNEL]) {
    const lines = join(root, `etc/tmpfiles.d/ctrbuild-${name}.conf`)
    expect(await project.tool('systemd-tmpfiles', '--create', lines)).toMatchObject({ status: 0, stderr: '' })
  }

  const services = []
  for (const unit of order.slice(0, 2)) {
    const text = texts.get(unit)!
    for (const line of valuesOf(text, 'ExecStartPre')) await project.tool(line.replace(/^-/, ''))
    const [program] = valuesOf(text, 'ExecStart')
    services.push({ unit, text, running: follow(spawn(program!, { stdio: ['ignore', 'pipe', 'pipe'] })) })
  }
  try {
    expect(existsSync(subnet)).toBe(false)
    expect(await answers(`http://127.0.0.1:${port}/health`)).toContain('"health":"true"')
    await until(() => existsSync(subnet))
    expect(readFileSync(subnet, 'utf8')).toContain('FLANNEL_SUBNET=10.40.93.1/24')
    expect(existsSync(join(project.folder, 'state/etcd/member'))).toBe(true)
  } finally {
    for (const { text, running } of services.reverse()) {
      for (const line of valuesOf(text, 'ExecStop')) {
        expect(await project.tool(line)).toMatchObject({ status: 0 })
      }
      // What systemd is told to take for an end that was asked for.
      const { status } = await running.ended()
      expect(['0', ...valuesOf(text, 'SuccessExitStatus')]).toContain(String(status))
      expect(isRunning(running.pid)).toBe(false)
    }
  }
})

test('a container whose runtime was killed does not keep its service from starting again', async ctx => {
  needs(ctx, 'runc', 'skopeo', 'systemd-tmpfiles', 'apt-get')
  needsRoot(ctx)
  const { project, root, port } = await installed()
  await project.tool('systemd-tmpfiles', '--create', join(root, `etc/tmpfiles.d/ctrbuild-${ETCD}.conf`))
  const text = readFileSync(unitPath(root, ETCD), 'utf8')
  const [run] = valuesOf(text, 'ExecStart')
  const [stop] = valuesOf(text, 'ExecStop')
  const first = follow(spawn(run!, { stdio: ['ignore', 'pipe', 'pipe'] }))
  await answers(`http://127.0.0.1:${port}/health`)
  first.kill('SIGKILL')
  await first.ended()
  expect((await project.tool(run!)).status).toBe(75)

  for (const line of valuesOf(text, 'ExecStartPre')) await project.tool(line.replace(/^-/, ''))
  const second = follow(spawn(run!, { stdio: ['ignore', 'pipe', 'pipe'] }))
  await answers(`http://127.0.0.1:${port}/health`)
  await execa(stop!)
  await second.ended()
})

test('units and scripts are without fault for systemd and shellcheck', async ctx => {
  needs(ctx, 'skopeo', 'systemd-analyze', 'shellcheck', 'apt-get')
  needsRoot(ctx)
  const { project, root } = await installed()
  for (const name of [ETCD, FLANNEL]) {
    const path = unitPath(root, name)
    expect(await project.tool('systemd-analyze', 'verify', path)).toMatchObject({ status: 0, stderr: '' })
    const text = readFileSync(path, 'utf8')
    const lines = ['ExecStartPre', 'ExecStart', 'ExecStop'].flatMap(key => valuesOf(text, key))
    expect(lines.length).toBeGreaterThanOrEqual(3)
    for (const script of [
      ...lines.map(line => line.replace(/^-/, '')),
      join(project.folder, 'out', name, 'run-runc'),
    ])
      expect(await project.tool('shellcheck', script)).toMatchObject({ status: 0, stdout: '' })
  }
})

test("a user's service runs as its unit says", async ctx => {
  needs(ctx, 'bwrap', 'skopeo', 'apt-get')
  const project = await newProject()
  await execa('cp', ['-r', DEMO, join(project.folder, 'demo')])
  await project.write(
    'bundles:\n  hello:\n    image: oci:demo:busybox\n    args: [/bin/busybox, echo, hello]\n    runtimes: [bwrap]\n    service: { type: oneshot }\n',
  )
  const plain = await asPlainUser(ctx, project)
  const home = join(project.folder, 'home')
  mkdirSync(home, { recursive: true })
  const user = plain.through('env', `HOME=${home}`)
  for (const args of [['apply'], ['install']]) expect(await user.run(args)).toMatchObject({ status: 0 })
  const text = readFileSync(join(home, '.config/systemd/user/hello.service'), 'utf8')
  expect(valuesOf(text, 'WantedBy')).toEqual(['default.target'])
  for (const line of valuesOf(text, 'ExecStartPre'))
    expect(await user.tool(line.slice(1))).toMatchObject({ status: 0 })
  expect(await user.tool(valuesOf(text, 'ExecStart')[0]!)).toMatchObject({ status: 0, stdout: 'hello\n' })
})
