/** What a plan says of services: how their files change, and whether what is installed is still what was put there. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { type Installation, newInstallation } from '../support/installation.ts'
import { needs, needsRoot } from '../support/programs.ts'

let at: Installation
let env: Readonly<Record<string, string>>
let unit: string
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  needsRoot(ctx)
  at = await newInstallation()
  const home = join(at.project.folder, 'home')
  mkdirSync(home)
  env = { HOME: home, XDG_RUNTIME_DIR: home }
  unit = join(home, '.config/systemd/user/etcd.service')
})
const bundles = (keys: string) =>
  at.project.write(
    `bundles:\n  etcd:\n    image: oci:images:etcd1\n    system: true\n    runtimes: [runc]\n${keys}`,
  )
const plan = async (...args: string[]) => (await at.project.run(['plan', ...args], env)).stdout

test('files of a service are shown one by one, and texts as a diff', async () => {
  await at.apply()
  await at.apply('set: { ETCD_PORT: "5" }\nservice: { restart: always }\nhostFiles: true')
  await bundles('    set: { ETCD_PORT: "6" }\n    service: { restart: on-abort }\n')
  const text = await plan()
  expect(text).toContain('~ etcd  service changed')
  expect(
    text.slice(text.indexOf('      ~ system/etcd.service'), text.indexOf('\nPlan:')),
  ).toMatchInlineSnapshot(`
    "      ~ system/etcd.service
              @@ -20,3 +20,3 @@
               [Service]
               SuccessExitStatus=143
              -Restart=always
              +Restart=on-abort
          ~ system/hostfs/etc/profile.d/etcd.sh
              @@ -1,1 +1,1 @@
              -export ETCDCTL_ENDPOINTS=http://127.0.0.1:5
              +export ETCDCTL_ENDPOINTS=http://127.0.0.1:6
    "
  `)
  const { changes } = JSON.parse(await plan('--json'))
  expect(
    changes[0].files.map(({ path, action }: { path: string; action: string }) => `${action} ${path}`),
  ).toEqual(['update system/etcd.service', 'update system/hostfs/etc/profile.d/etcd.sh'])
  await bundles('    hostFiles: false\n')
  expect(await plan()).toContain('- system/hostfs/usr/local/bin/etcdctl-here')
  await at.project.write('bundles: {}\n')
  expect(await plan()).toContain('- system/etcd.service')
})

test('a saved plan with such changes can be applied', async () => {
  await at.apply()
  await bundles('    service: { restart: on-abort }\n')
  await plan('--out', 'plan.json')
  expect((await at.project.run(['apply', 'plan.json'])).status).toBe(0)
})

test('what could not be made is told beforehand, where the image is there', async () => {
  await at.apply()
  await bundles('    set: { ETCD_POTR: "6" }\n')
  const text = await plan()
  expect(text).toContain('Note: etcd cannot be made: no template of the image has a variable ETCD_POTR')
  const { status, stderr } = await at.project.run(['apply'], env)
  expect(status).toBe(65)
  expect(stderr).toMatch(/VARIABLE_UNKNOWN[\s\S]*Did you mean "ETCD_PORT"\?/)
})

test('what is installed and was changed, is gone or is old is told of', async () => {
  await bundles('    scope: user\n')
  expect((await at.project.run(['apply', '--install'], env)).status).toBe(0)
  expect(await plan()).toBe('No changes. 1 bundle is up to date.\n')
  writeFileSync(unit, '# mine\n')
  expect(await plan()).toContain(`Note: ${unit} was changed by hand since etcd was installed`)
  rmSync(unit)
  expect(await plan()).toContain(`Note: ${unit} of etcd is gone: "ctrbuild install etcd" puts it back`)
  await at.project.run(['install'], env)
  await bundles('    scope: user\n    service: { restart: always }\n')
  expect((await at.project.run(['apply'], env)).status).toBe(0)
  expect(await plan()).toContain(
    'Note: what is installed of etcd is from another generation: "ctrbuild install etcd"',
  )
  await at.project.run(['install'], env)
  expect(await plan()).toBe('No changes. 1 bundle is up to date.\n')
  await at.project.write('bundles: {}\n')
  await at.project.run(['apply'], env)
  expect(await plan()).toContain(
    'Note: etcd is installed and is no bundle any more: "ctrbuild uninstall etcd"',
  )
  expect((await at.project.run(['uninstall', 'etcd'], env)).status).toBe(0)
  expect(await plan()).toBe('No changes. 0 bundles are up to date.\n')
})
