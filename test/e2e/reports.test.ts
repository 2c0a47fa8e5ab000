/** What build services and programs are told, by the built program. */
import { mkdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { OTHERS, RECORDS } from '../support/events-page.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { writeTar } from '../support/tar-writer.ts'

let project: Project
beforeEach(async () => {
  project = await newProject()
})

const WRONG =
  'bundles:\n  one: { image: "x.test/i:1", mouts: [] }\n  two: { image: "x.test/i:1", mouts: [] }\n'

describe('validate', () => {
  test('--format github', async () => {
    await project.write(WRONG)
    const { status, stdout, stderr } = await project.run(['validate', '--format', 'github'])
    expect(status).toBe(65)
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(
        /^::error file=bundles.yaml,line=4,col=31,title=SPEC_INVALID::bundles.one.mouts is not a known key%0ADid you mean "mounts"/,
      ),
      expect.stringMatching(/^::error file=bundles.yaml,line=5,/),
      '',
    ])
    expect(stderr).toMatch(/^bundles.yaml:4:31: error SPEC_INVALID/)
  })

  test('files are named from the top of the repository', async () => {
    await project.write(WRONG)
    await mkdir(join(project.folder, 'deploy'))
    await rename(join(project.folder, 'bundles.yaml'), join(project.folder, 'deploy/bundles.yaml'))
    const inside = await project.tool(
      'sh',
      '-c',
      `cd deploy && GITHUB_WORKSPACE=.. ${process.execPath} ${process.env.CTRBUILD_PROGRAM ?? new URL('../../dist/ctrbuild.js', import.meta.url).pathname} validate --format github`,
    )
    expect(inside.stdout).toMatch(/^::error file=deploy\/bundles.yaml,/)
    const file = ['--file', 'deploy/bundles.yaml']
    const github = await project.run(['validate', '--format', 'github', ...file], {
      GITHUB_WORKSPACE: project.folder,
    })
    expect(github.stdout).toMatch(/^::error file=deploy\/bundles.yaml,/)
    const gitlab = await project.run(['validate', '--format', 'gitlab', ...file], {
      CI_PROJECT_DIR: project.folder,
    })
    expect(JSON.parse(gitlab.stdout)).toMatchObject([
      { location: { path: 'deploy/bundles.yaml', lines: { begin: 4 } } },
      {},
    ])
    expect(gitlab.stderr).toBe('')
  })

  test('--format json', async () => {
    await project.write(WRONG)
    const wrong = await project.run(['validate', '--format', 'json'])
    expect(wrong).toMatchObject({ status: 65, stderr: '' })
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      valid: false,
      problems: [{ severity: 'error', line: 4, col: 31, path: ['bundles', 'one', 'mouts'] }, { line: 5 }],
    })
    await project.write('bundles:\n  one: { image: "x.test/i:1", runtimes: [runc] }\n')
    const right = JSON.parse((await project.run(['validate', '--format', 'json'])).stdout)
    expect(right).toMatchObject({ valid: true, bundles: 1, images: 1 })
    expect(JSON.parse((await project.run(['validate', '--format', 'gitlab'])).stdout)).toEqual([])
    expect((await project.run(['validate', '--format', 'github'])).stdout).toBe('')
  })
})

describe('apply', () => {
  beforeEach(async ctx => {
    needs(ctx, 'skopeo')
    const layer = writeTar([{ path: 'tool', type: 'file', mode: 0o755, content: Buffer.from('x') }])
    await project.layout.add({ layers: [layer], config: { Cmd: ['/tool'] } }, 'app')
    await project.layout.add({ layers: [layer], config: {} }, 'bare')
    await project.write('bundles:\n  one: { image: "oci:images:app" }\n  two: { image: "oci:images:bare" }\n')
  })

  const records = (text: string) =>
    text
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as { type: string })

  test('--progress json writes nothing but the records that are documented', async () => {
    const { status, stderr } = await project.run(['apply', '--progress', 'json'])
    expect(status).toBe(65)
    const told = records(stderr)
    expect(told[0]).toEqual({ type: 'version', ui: '1.0' })
    expect(told.at(-1)).toMatchObject({
      type: 'summary',
      created: 1,
      updated: 0,
      removed: 0,
      failed: 1,
      skipped: 0,
    })
    const types = told.map(({ type }) => type)
    expect(types).toEqual(expect.arrayContaining(['fetched', 'imported', 'merged', 'bundle', 'failed']))
    const documented: Readonly<Record<string, { readonly members: object }>> = { ...OTHERS, ...RECORDS }
    for (const { type, ...members } of told) {
      expect(Object.keys(documented)).toContain(type)
      expect(Object.keys(documented[type]!.members)).toEqual(expect.arrayContaining(Object.keys(members)))
    }
  })

  test('--summary appends what was done, and what failed', async () => {
    const summary = () => readFile(join(project.folder, 'summary.md'), 'utf8')
    await project.run(['apply', '--summary', 'summary.md'])
    const first = await summary()
    expect(first).toMatch(
      /^### ctrbuild apply\n\n\| \| bundle \| why \|\n\|---\|---\|---\|\n\| `\+` \| <code>one<\/code> \| <code>new</,
    )
    expect(first).toMatch(/\nApplied: 1 created, 0 updated, 0 removed in .* 1 step failed, 0 skipped\.\n/)
    expect(first).toMatch(
      /\n\| failed \| why \|\n\|---\|---\|\n\| <code>assemble two<\/code> \| <code>bundle two has no command to run<\/code> \|\n/,
    )
    await project.write('bundles:\n  one: { image: "oci:images:app" }\n')
    await project.run(['apply', '--summary', 'summary.md'])
    expect((await summary()).slice(first.length)).toMatch(
      /^### ctrbuild apply\n\n(Note: .*\n\n)?No changes. 1 bundle is up to date.\n\n$/,
    )
  })

  test('a summary that cannot be written is an error', async () => {
    const { status, stderr } = await project.run(['apply', '--summary', 'none/summary.md'])
    expect(stderr).toMatch(/^error USAGE: the summary cannot be written to none\/summary.md: /)
    expect(status).toBe(64)
    // Before anything was done.
    expect((await project.tool('ls', '-A')).stdout).toBe('bundles.yaml\nimages\n')
  })
})
