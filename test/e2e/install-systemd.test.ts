/** Installing where systemd runs, as process 1: what starts again, what does not, and what comes back. */
import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { boot, type Machine, needsBoot } from '../support/booted.ts'
import { needs } from '../support/programs.ts'
import { writeTar } from '../support/tar-writer.ts'

/** What a container does that goes on until it is asked to end. */
const WAIT = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done'

let machine: Machine | undefined
let it: Machine
beforeEach(async ctx => {
  machine = undefined
  needs(ctx, 'skopeo', 'busybox', 'bwrap')
  needsBoot(ctx)
  machine = it = await boot()
  const busybox = {
    path: 'bin/busybox',
    type: 'file',
    mode: 0o755,
    content: readFileSync('/bin/busybox'),
  } as const
  const links = ['sh', 'sleep', 'echo'].map(
    name => ({ path: `bin/${name}`, type: 'symlink', target: 'busybox' }) as const,
  )
  await it.project.layout.add({ layers: [writeTar([busybox, ...links])] }, 'busybox')
})
afterEach(() => machine?.end())

/** Declares two services by what they run, and applies and installs them. */
async function declare(one: string, two: string, keys = '') {
  const bundle = (name: string, script: string) =>
    `  ${name}:\n    image: oci:images:busybox\n    runtimes: [bwrap]\n    args: [sh, -c, '${script}']\n    service: { description: ${name}${keys} }\n`
  await it.project.write(`bundles:\n${bundle('one', one)}${bundle('two', two)}`)
  return it.ctrbuild('apply', '--install')
}

/** What systemd knows of a service. */
async function stateOf(name: string) {
  const properties = ['ActiveState', 'NRestarts', 'InvocationID', 'MainPID', 'LoadState']
  const { stdout } = await it.inside('systemctl', 'show', `--property=${properties}`, `${name}.service`)
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map(line => line.split('=')),
  ) as Record<string, string>
}

/** What the containers of a service wrote, and how often systemd started it. */
async function journalOf(name: string) {
  await it.inside('journalctl', '--sync')
  const told = await it.inside('journalctl', `--unit=${name}.service`, '--output=cat', '--no-pager')
  const lines = told.stdout.trim().split('\n')
  return {
    said: lines.filter(line => line.startsWith('this is ')),
    starts: lines.filter(line => line.startsWith('Started ')).length,
  }
}

const generationOf = (name: string) => readlinkSync(join(it.project.folder, 'out', name))
const saying = (what: string, then = WAIT) => `echo this is ${what}; ${then}`

/** Both services, installed and started. */
async function running() {
  expect(await declare(saying('one'), saying('two'))).toMatchObject({ status: 0 })
  expect((await it.inside('systemctl', 'start', 'one', 'two')).status).toBe(0)
}

test('a first install enables services, and starts none', async () => {
  expect(await declare(saying('one'), saying('two'))).toMatchObject({ status: 0 })
  expect((await it.inside('systemctl', 'is-enabled', 'one', 'two')).stdout).toBe('enabled\nenabled\n')
  for (const name of ['one', 'two'])
    expect(await stateOf(name)).toMatchObject({
      ActiveState: 'inactive',
      LoadState: 'loaded',
      InvocationID: '',
    })
})

test.each(['one', 'two'])('only what has changed starts again, and once: %s', async changed => {
  await running()
  const before = { one: await stateOf('one'), two: await stateOf('two') }
  const texts = { one: saying('one'), two: saying('two'), [changed]: saying('new') }
  expect(await declare(texts.one, texts.two)).toMatchObject({ status: 0 })
  const other = changed === 'one' ? 'two' : 'one'
  expect(await stateOf(other)).toEqual(before[other])
  expect(await journalOf(other)).toEqual({ said: [`this is ${other}`], starts: 1 })
  expect(await stateOf(changed)).toMatchObject({ ActiveState: 'active', NRestarts: '0' })
  expect(await journalOf(changed)).toEqual({ said: [`this is ${changed}`, 'this is new'], starts: 2 })

  const after = { one: await stateOf('one'), two: await stateOf('two') }
  expect(await declare(texts.one, texts.two)).toMatchObject({ status: 0 })
  expect({ one: await stateOf('one'), two: await stateOf('two') }).toEqual(after)
})

test('a change of the unit alone starts a service again with it', async () => {
  await running()
  expect(await declare(saying('one'), saying('two'), ', restart: always')).toMatchObject({ status: 0 })
  const { stdout } = await it.inside('systemctl', 'show', '--property=Restart,ActiveState', 'one', 'two')
  expect(stdout).toBe('Restart=always\nActiveState=active\n\nRestart=always\nActiveState=active\n')
  expect((await journalOf('one')).starts).toBe(2)
})

test.each(['one', 'two'])(
  'one that does not stay up is brought back with its generation: %s',
  async broken => {
    await running()
    const unit = join(it.project.folder, '../../etc/systemd/system', `${broken}.service`)
    const before = { text: readFileSync(unit, 'utf8'), generation: generationOf(broken) }
    const texts = { one: saying('one'), two: saying('two'), [broken]: saying('broken', 'exit 3') }
    const failed = await declare(texts.one, texts.two, ', restart: always')
    expect(failed.status).toBe(1)
    expect(failed.stderr).toContain(
      `error SERVICE_FAILED: ${broken} did not start; everything is as it was before`,
    )
    expect({ text: readFileSync(unit, 'utf8'), generation: generationOf(broken) }).toEqual(before)
    expect(await stateOf(broken)).toMatchObject({ ActiveState: 'active', NRestarts: '0' })
    const { said } = await journalOf(broken)
    expect(said).toContain('this is broken')
    expect(said.at(-1)).toBe(`this is ${broken}`)
    // The other one had a new unit, and has its old one again.
    expect(await stateOf(broken === 'one' ? 'two' : 'one')).toMatchObject({ ActiveState: 'active' })

    expect(await declare(saying('mended'), saying('mended'))).toMatchObject({ status: 0 })
    expect((await journalOf(broken)).said.at(-1)).toBe('this is mended')
  },
)

test('uninstall stops a service, and systemd knows it no more', async () => {
  await running()
  expect(await it.ctrbuild('uninstall', 'one')).toMatchObject({ status: 0 })
  expect(await stateOf('one')).toMatchObject({
    ActiveState: 'inactive',
    LoadState: 'not-found',
    MainPID: '0',
  })
  expect((await it.inside('systemctl', 'is-enabled', 'one')).status).not.toBe(0)
  expect(await stateOf('two')).toMatchObject({ LoadState: 'loaded', ActiveState: 'active' })
})

test('one that systemd starts anew again and again is stopped by uninstall too', async () => {
  expect(await declare(saying('one'), saying('two', 'exit 3'), ', restart: always')).toMatchObject({
    status: 0,
  })
  await it.inside('mkdir', '/etc/systemd/system/two.service.d')
  await it.inside(
    'sh',
    '-c',
    'printf "[Service]\\nRestartSec=1h\\n" >/etc/systemd/system/two.service.d/slow.conf',
  )
  await it.inside('systemctl', 'daemon-reload')
  await it.inside('systemctl', 'start', 'two')
  await vi.waitFor(
    async () => expect(await stateOf('two')).toMatchObject({ ActiveState: 'activating', MainPID: '0' }),
    20_000,
  )
  expect(await it.ctrbuild('uninstall', 'two')).toMatchObject({ status: 0 })
  expect(await stateOf('two')).toMatchObject({ ActiveState: 'inactive' })
})
