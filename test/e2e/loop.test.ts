/** The whole loop over a registry of our own: lock, apply, a moved tag, drift, rollback, gc, verify; no step leaves a fault. */
import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest'
import { contentOf, leftovers } from '../support/intact.ts'
import { asPlainUser } from '../support/plain-user.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { writeTar } from '../support/tar-writer.ts'

const file = (path: string, content: string) =>
  ({ path, type: 'file', mode: 0o644, content: Buffer.from(content) }) as const
const base = writeTar([file('etc/os', 'base'), file('usr/bin/tool', 'tool')])
const top = (version: number) =>
  writeTar([
    file('etc/version', `version ${version}`),
    file(`usr/lib/only-in-${version}`, String(version)),
    file(
      'var/lib/dpkg/status',
      `Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}.0\n\n`,
    ),
  ])

let registry: Registry | undefined
beforeAll(async () => {
  if (isInstalled('docker-registry') && isInstalled('skopeo')) registry = await startRegistry()
})
afterAll(() => registry?.stop())

/** Makes the tag mean a version. */
async function push(project: Project, version: number, name: string): Promise<void> {
  await project.layout.add(
    { layers: [base, top(version)], config: { Cmd: ['/usr/bin/tool'] } },
    `v${version}`,
  )
  await project.layout.copyTo(`v${version}`, `docker://${name}`, '--dest-tls-verify=false')
}

async function loop(ctx: TestContext, who: 'root' | 'user'): Promise<void> {
  needs(ctx, 'skopeo', 'docker-registry', 'ostree')
  if (who === 'root' && process.getuid!() !== 0) ctx.skip('only root is root')
  const name = `${registry!.host}/${who}:latest`
  const made = await newProject()
  await made.write(
    `images:\n  tool: { image: "${name}", insecure: true }\nbundles:\n  one: { image: tool, mounts: ["data:/data"] }\n`,
  )
  await push(made, 1, name)
  const project = who === 'root' ? made : await asPlainUser(ctx, made)
  const at = (path: string) => join(project.folder, path)
  const run = async (...args: string[]) => {
    const ended = await project.run(args)
    const applied = await project.tool('test', '-e', '.ctrbuild/repo/config')
    if (applied.status === 0)
      expect(
        await project.tool('ostree', 'fsck', '--quiet', '--repo=.ctrbuild/repo'),
        args.join(' '),
      ).toMatchObject({ status: 0 })
    return ended
  }
  const done = async (...args: string[]) => {
    const { status, stdout, stderr } = await run(...args)
    expect(status, `${args.join(' ')}: ${stdout}${stderr}`).toBe(0)
    return stdout
  }

  await done('lock')
  await done('apply', '--locked')
  const first = await contentOf(project)
  await writeFile(at('out/.volumes/one/data/file'), 'kept')

  await push(made, 2, name)
  expect(await done('plan', '--detailed-exitcode'), 'the lock holds').toMatch(/^No changes/)
  expect(await done('lock', '--upgrade')).toMatch(/sha256:[0-9a-f]{12} -> sha256:[0-9a-f]{12}/)
  const plan = await run('plan', '--detailed-exitcode')
  expect(plan.status).toBe(2)
  expect(plan.stdout).toMatch(/~ one {2}image .* moved/)
  await done('diff', 'one', '--fetch')
  const detailed = await done('plan', '--details')
  expect(detailed).toMatch(/only-in-1/)
  expect(detailed).toMatch(/only-in-2/)
  expect(detailed).toMatch(/tool.*1\.0.*2\.0/)
  await done('apply', '--locked')
  const second = await contentOf(project)
  expect(second).not.toBe(first)

  await chmod(at('out/one/rootfs/usr'), 0o700)
  await writeFile(at('out/one/rootfs/added'), 'by hand')
  await writeFile(at('out/one/config.json'), '{}')
  expect((await run('status')).stdout).toMatch(/^one +drifted/m)
  expect((await run('plan', '--detailed-exitcode')).status).toBe(2)
  await done('apply', '--locked')
  expect(await contentOf(project)).toBe(second)
  expect(await done('plan')).toMatch(/^No changes/)

  await done('rollback', 'one', '1')
  expect(await contentOf(project)).toBe(first)
  expect((await run('plan', '--detailed-exitcode')).status).toBe(2)
  await done('apply', '--locked')
  expect(await contentOf(project)).toBe(second)

  await done('gc', '--unused-images', '--keep-younger-than', '0s')
  expect(await contentOf(project)).toBe(second)
  await rm(at('out/one'))
  await done('apply', '--offline')
  expect(await contentOf(project)).toBe(second)
  expect(await done('gc', '--dry-run', '--json')).toMatch(/"bytes": 0/)
  expect(await leftovers(project)).toEqual([])
  expect((await project.tool('cat', 'out/.volumes/one/data/file')).stdout).toBe('kept')
}

test('the loop, as root', ctx => loop(ctx, 'root'))
test('the loop, as a plain user', ctx => loop(ctx, 'user'))
