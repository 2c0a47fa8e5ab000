/** Keys that reach outside of bundles.yaml, with the built program: files that it names, and what runtimes cannot do. */
import { existsSync, readFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { asPlainUser } from '../support/plain-user.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { writeTar } from '../support/tar-writer.ts'

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
  const layer = writeTar([{ path: 'bin/tool', type: 'file', mode: 0o755, content: Buffer.from('x') }])
  const config = { Cmd: ['/bin/tool'], Env: ['A=image', 'B=image'] }
  await project.layout.add({ layers: [layer], config }, 'one')
  await writeFile(join(project.folder, 'a.env'), 'B=file\nC="two\\nlines"\n')
  await writeFile(join(project.folder, 't.json'), '{"process": {"oomScoreAdj": 7}}')
})

const write = (keys: string) =>
  project.write(
    `bundles:\n  one:\n    image: oci:images:one\n    runtimes: [runc]\n${keys.replace(/^/gm, '    ')}\n`,
  )
const config = async () => JSON.parse(await readFile(join(project.folder, 'out/one/config.json'), 'utf8'))

test('files become part of the bundle, and a change in them is a change', async () => {
  await write('envFile: [./a.env]\nconfigTemplate: ./t.json\nconfigPatch: { domainname: d }')
  expect(await project.run(['apply'])).toMatchObject({ status: 0 })
  expect(await config()).toMatchObject({
    domainname: 'd',
    process: { oomScoreAdj: 7, env: expect.arrayContaining(['A=image', 'B=file', 'C=two\nlines']) },
  })
  expect((await project.run(['plan', '--detailed-exitcode'])).status).toBe(0)

  await writeFile(join(project.folder, 'a.env'), 'B=other\n')
  await writeFile(join(project.folder, 't.json'), '{}')
  const planned = await project.run(['plan'])
  expect(planned.stdout).toContain('env B changed')
  expect(planned.stdout).toContain('env C removed')
  expect(planned.stdout).toContain('configTemplate changed')
})

test('a saved plan needs the files no more', async () => {
  await write('envFile: [./a.env]')
  await project.run(['lock'])
  expect(await project.run(['plan', '--out', 'it.plan'])).toMatchObject({ status: 0 })
  await rm(join(project.folder, 'a.env'))
  expect(await project.run(['apply', 'it.plan'])).toMatchObject({ status: 0 })
  expect((await config()).process.env).toContain('B=file')
})

test('what is missing or wrong is shown where it is named', async () => {
  await write('envFile: [./gone.env]\nconfigTemplate: ./a.env')
  const { status, stderr } = await project.run(['plan'])
  expect(status).not.toBe(0)
  expect(stderr).toContain(
    'bundles.yaml:7:15: error FILE_MISSING: bundles.one.envFile[0]: there is no file "./gone.env"\n  |\n7 |     envFile: [./gone.env]\n',
  )
  expect(stderr).toMatch(
    /bundles\.yaml:8:21: error SPEC_INVALID: bundles\.one\.configTemplate is "\.\/a\.env", which is no JSON: /,
  )
})

test('what a runtime would refuse is an error before anything is fetched, and what it ignores a warning', async () => {
  await write('sysctl: { vm.swappiness: 1 }')
  expect(await project.run(['plan'])).toMatchObject({
    status: 65,
    stdout: '',
    stderr: expect.stringContaining(
      'bundles.yaml:7:30: error BUNDLE_INVALID: bundles.one.sysctl["vm.swappiness"]: runc refuses vm.swappiness',
    ),
  })
  await write('configPatch: { process: { cwd: here } }')
  expect((await project.run(['validate'])).stderr).toContain(
    'error BUNDLE_INVALID: bundles.one.configPatch: process.cwd must be an absolute path (config.md, Process)',
  )
  await project.write(
    'bundles:\n  one:\n    image: oci:images:one\n    umask: "0027"\n    runtimes: [runc, bwrap]\n',
  )
  const applied = await project.run(['apply'])
  expect(applied).toMatchObject({ status: 0 })
  expect(applied.stderr).toContain(
    'bundles.yaml:6:12: warning RUNTIME_IGNORES: bundles.one.umask: bwrap ignores the umask',
  )
  expect(applied.stderr.match(/bwrap ignores the umask/g)).toHaveLength(1)
})

test('auto maps the ids that the system gave to whoever applies', async ctx => {
  const owner = subidOwner()
  if (process.getuid!() !== 0 || owner === undefined) ctx.skip('needs root, and a user in /etc/subuid')
  await write('uidMappings: auto\ngidMappings: auto\nuser: "12:34"')
  const user = await asPlainUser(ctx, project, owner!.uid)
  expect(await user.run(['apply'])).toMatchObject({ status: 0 })
  const { linux, process: started } = await config()
  expect(started.user).toEqual({ uid: 12, gid: 34 })
  expect(linux.uidMappings).toEqual([
    { containerID: 0, hostID: owner!.uid, size: 1 },
    { containerID: 1, hostID: owner!.start, size: owner!.size },
  ])
})

test('auto without such ids says what is missing', async ctx => {
  if (process.getuid!() !== 0) ctx.skip('needs root')
  await write('uidMappings: auto\ngidMappings: auto')
  const user = await asPlainUser(ctx, project)
  const { status, stderr } = await user.run(['apply'])
  expect(status).toBe(65)
  expect(stderr).toContain('bundle one maps ids with auto, and /etc/subuid gives you none')
})

/** A user with one stretch of ids, if this machine has one. */
function subidOwner(): { uid: number; start: number; size: number } | undefined {
  if (!existsSync('/etc/subuid') || !existsSync('/etc/subgid')) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'))
  const uids = new Map(users.map(([name, , uid]) => [name!, Number(uid)]))
  const [line = ''] = readFileSync('/etc/subuid', 'utf8').split('\n')
  const [name = '', start, size] = line.split(':')
  const uid = uids.get(name)
  const hasGroups = readFileSync('/etc/subgid', 'utf8').includes(`${name}:`)
  return uid === undefined || uid === 0 || !hasGroups
    ? undefined
    : { uid, start: Number(start), size: Number(size) }
}
