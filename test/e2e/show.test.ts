/** Saved plans with the built program: shown, applied, refused. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { beforeEach, expect, test } from 'vitest'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { writeTar } from '../support/tar-writer.ts'

const CANARY = 'canary-7f3a'

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo')
  project = await newProject()
  const layer = writeTar([{ path: 'tool', type: 'file', mode: 0o755, content: Buffer.from('x') }])
  await project.layout.add({ layers: [layer], config: { Cmd: ['/tool'] } }, 'app')
  await writeFile(join(project.folder, 'secret.env'), `FROM_FILE=${CANARY}\n`)
  await declare(CANARY)
})

function declare(secret: string): Promise<void> {
  return project.write(`bundles:
  one:
    image: oci:images:app
    args: [/tool, --password, ${secret}]
    env: { TOKEN: ${secret} }
    envFile: [./secret.env]
  two:
    image: oci:images:app
`)
}

const saved = async () => JSON.parse(await readFile(join(project.folder, 'plan.json'), 'utf8'))

test('a saved plan is what was shown: as text, as JSON and as Markdown', async () => {
  const planned = await project.run(['plan', '--out', 'plan.json'])
  expect(await project.run(['show', 'plan.json'])).toEqual({ ...planned, stderr: '' })
  const json = await project.run(['show', 'plan.json', '--json'])
  expect(json.stdout).toBe(await readFile(join(project.folder, 'plan.json'), 'utf8'))
  const schema = JSON.parse(await readFile(new URL('../../docs/plan.schema.json', import.meta.url), 'utf8'))
  expect(new Ajv().validate(schema, JSON.parse(json.stdout))).toBe(true)
  const markdown = await project.run(['show', 'plan.json', '--markdown'])
  expect(markdown.stdout).toMatch(
    /^### ctrbuild plan\n\n\| \| bundle \| why \|\n\|---\|---\|---\|\n\| `\+` \| <code>one</,
  )
})

test('where tags were asked just now, applying the saved plan writes the lock', async () => {
  const lock = join(project.folder, 'bundles.lock.json')
  await project.run(['plan', '--out', 'plan.json'])
  await expect(stat(lock)).rejects.toThrow('ENOENT')
  expect((await project.run(['apply', 'plan.json'])).status).toBe(0)
  const written = await readFile(lock, 'utf8')
  await rm(lock)
  await project.run(['lock'])
  expect(await readFile(lock, 'utf8')).toBe(written)
})

test('changes name the images before and after', async () => {
  await project.run(['apply'])
  const layer = writeTar([{ path: 'tool', type: 'file', mode: 0o755, content: Buffer.from('y') }])
  await project.layout.add({ layers: [layer], config: { Cmd: ['/tool'] } }, 'newer')
  await project.write('bundles:\n  one: { image: "oci:images:newer" }\n')
  await project.run(['plan', '--out', 'plan.json'])
  const { changes, images } = await saved()
  expect(changes).toMatchObject([
    {
      action: 'update',
      before: { images: [{ reference: 'oci:images:app' }] },
      after: { images: [{ reference: 'oci:images:newer', manifest: images[0].locked.manifest.digest }] },
    },
    { name: 'two', action: 'remove' },
  ])
})

test("values of variables and arguments are in the file, which is its owner's, and nowhere else", async () => {
  const told: string[] = []
  const tell = async (args: readonly string[]) => {
    const { stdout, stderr } = await project.run(args)
    told.push(stdout, stderr)
  }
  await tell(['plan', '--out', 'plan.json'])
  expect((await stat(join(project.folder, 'plan.json'))).mode & 0o777).toBe(0o600)
  expect(JSON.stringify(await saved())).toContain(CANARY)
  await tell(['show', 'plan.json'])
  await tell(['show', 'plan.json', '--markdown'])
  await tell(['apply', 'plan.json', '--progress', 'json'])
  await declare('another')
  await tell(['plan', '--out', 'plan.json'])
  await tell(['show', 'plan.json', '--markdown'])
  await project.run(['plan', '--details', '--out', 'plan.json'])
  expect(JSON.stringify(await saved())).toContain('process.env[TOKEN]')
  await tell(['show', 'plan.json', '--markdown'])
  await tell(['lock', '--upgrade', '--json'])
  await tell(['validate'])
  expect(told.join('')).toContain('env TOKEN changed')
  expect(told.join('')).toMatch(/process.env\[TOKEN\] .*not shown here/)
  expect(told.join('')).not.toContain(CANARY)
})

test.each([
  [['show'], 64, /USAGE/],
  [['show', 'none.json'], 66, /error PLAN_MISSING: there is no plan in none.json\n {2}hint: /],
  [['plan', '--out', 'none/plan.json'], 64, /USAGE: the plan cannot be saved to .*none\/plan.json/],
  [['apply', 'none.json'], 66, /error PLAN_MISSING/],
  [['show', 'bundles.yaml'], 65, /error PLAN_INVALID: the plan is not JSON/],
  [['show', 'plan.json', '--json', '--markdown'], 64, /two forms/],
  [['show', 'plan.json', '--max-chars', '10'], 64, /--max-chars cannot be "10"/],
])('%j ends with %d', async (args, status, message) => {
  const ended = await project.run(args)
  expect(ended.stderr).toMatch(message)
  expect(ended.status).toBe(status)
})
