/**
 * The pipelines of examples/ci: their shape by the rules that the services publish, and their commands, each script run
 * by the shell that the service would run it with, in a project on a machine of its own.
 */
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeEach, describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { needs } from '../support/programs.ts'
import { newProject, PROGRAM, type Project } from '../support/project.ts'
import { writeTar } from '../support/tar-writer.ts'

const example = (path: string) => readFile(new URL(`../../examples/ci/${path}`, import.meta.url), 'utf8')

const GOOD = `apiVersion: ctrbuild/v1
kind: Bundles
images:
  app:
    image: oci:images:app
bundles:
  one:
    image: app
`

const WRONG = `${GOOD}    mouts: []\n`

let project: Project
beforeEach(async ctx => {
  needs(ctx, 'skopeo', 'bash', 'shellcheck')
  project = await newProject()
  const layer = writeTar([{ path: 'tool', type: 'file', mode: 0o755, content: Buffer.from('x') }])
  await project.layout.add({ layers: [layer], config: { Cmd: ['/tool'] } }, 'app')
  await write(GOOD)
  await mkdir(join(project.folder, 'bin'))
  await mkdir(join(project.folder, 'temp'))
  const program = `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`
  await writeFile(join(project.folder, 'bin/ctrbuild'), program)
  await chmod(join(project.folder, 'bin/ctrbuild'), 0o755)
  expect((await project.run(['lock'])).status).toBe(0)
})

const write = (text: string) => writeFile(join(project.folder, 'bundles.yaml'), text)
const read = (path: string) => readFile(join(project.folder, path), 'utf8')

/** Runs a script as a runner does: `bash -e`, and `set -o pipefail` on GitLab. */
async function script(text: string, env: Readonly<Record<string, string>>, ...flags: string[]) {
  const path = `${join(project.folder, 'bin')}:${process.env.PATH}`
  const { exitCode, stdout, stderr } = await execa('bash', ['-e', ...flags, '-c', text], {
    cwd: project.folder,
    env: { CI: 'true', PATH: path, ...env },
    reject: false,
    stdin: 'ignore',
  })
  return { status: exitCode, stdout, stderr }
}

/** What shellcheck says of a script. */
async function lint(text: string): Promise<string> {
  const { stdout } = await execa('shellcheck', ['--shell=bash', '-'], { input: text, reject: false })
  return stdout
}

interface Step {
  readonly name?: string
  readonly uses?: string
  readonly run?: string
}
interface Job {
  readonly steps: readonly Step[]
  readonly 'runs-on': unknown
  readonly permissions?: Readonly<Record<string, string>>
}
interface Workflow {
  readonly on: object
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}

describe('the workflow for GitHub', async () => {
  const text = await example('github/workflows/bundles.yml')
  const workflow = parseYaml(text) as Workflow
  const run = (job: string, name: string) => workflow.jobs[job]!.steps.find(step => step.name === name)!.run!
  const env = () => ({
    GITHUB_WORKSPACE: project.folder,
    RUNNER_TEMP: join(project.folder, 'temp'),
    GITHUB_STEP_SUMMARY: join(project.folder, 'temp/summary.md'),
  })

  test('has the shape of a workflow', () => {
    expect(Object.keys(workflow).sort()).toEqual(['concurrency', 'jobs', 'name', 'on', 'permissions'])
    expect(Object.keys(workflow.on).sort()).toEqual(['pull_request', 'push'])
    for (const job of Object.values(workflow.jobs)) {
      expect(job['runs-on']).toBeTruthy()
      for (const step of job.steps)
        expect([step.uses, step.run].filter(part => part !== undefined)).toHaveLength(1)
    }
  })

  test('can do no more than it has to, and puts nothing of a pull request into a script', async () => {
    expect(workflow.permissions).toEqual({ contents: 'read' })
    expect(workflow.jobs.plan!.permissions).toEqual({ contents: 'read', 'pull-requests': 'write' })
    expect(workflow.jobs.apply!.permissions).toBeUndefined()
    for (const { run = '' } of Object.values(workflow.jobs).flatMap(job => job.steps)) {
      expect(run).not.toContain('${{')
      expect(await lint(run)).toBe('')
    }
  })

  test('checks, plans, applies, and finds nothing left to do', async () => {
    expect(await script(run('plan', 'Check'), env())).toMatchObject({ status: 0, stdout: '' })
    expect(await script(run('plan', 'Plan'), env())).toMatchObject({ status: 0 })
    const comment = await read('temp/plan.md')
    expect(comment).toMatch(/\| `\+` \| <code>one<\/code> \| <code>new<\/code> \|/)
    expect(comment.length).toBeLessThanOrEqual(65_536)
    expect(await read('temp/summary.md')).toBe(comment)
    expect(run('plan', 'Comment')).toContain('"$RUNNER_TEMP/plan.md"')
    expect(await script(run('apply', 'Apply'), env())).toMatchObject({ status: 0 })
    expect((await read('temp/summary.md')).slice(comment.length)).toMatch(
      /^### ctrbuild apply\n(.*\n)*Applied: 1 created/,
    )
    expect(await script(run('apply', 'Verify'), env())).toMatchObject({ status: 0 })
  })

  test.each<[string, string, number, RegExp]>([
    ['a mistake', WRONG, 65, /^::error file=bundles.yaml,line=9,col=5,title=SPEC_INVALID::/],
    [
      'another form',
      GOOD.replace('app\n  one', 'app # x\n  one').replace('image: app', 'image: "app"'),
      3,
      /^-\s+image: "app"$/m,
    ],
    [
      'an image that is not locked',
      `${GOOD}  two:\n    image: oci:images:other\n`,
      3,
      /^\+ oci:images:other .* is not locked$/m,
    ],
  ])('stops at %s', async (_, text, status, stdout) => {
    await write(text)
    const checked = await script(run('plan', 'Check'), env())
    expect(checked.stdout).toMatch(stdout)
    expect(checked.status).toBe(status)
  })
})

interface Pipeline {
  readonly stages: readonly string[]
  readonly [job: string]: unknown
}
interface PipelineJob {
  readonly stage: string
  readonly script: readonly string[]
  readonly after_script?: readonly string[]
  readonly allow_failure?: { readonly exit_codes: number }
  readonly artifacts: {
    readonly paths?: readonly string[]
    readonly reports?: { readonly codequality: string }
  }
}

describe('the pipeline for GitLab', async () => {
  const pipeline = parseYaml(await example('gitlab-ci.yml')) as Pipeline
  const job = (name: string) => pipeline[name] as PipelineJob
  const run = (name: string) =>
    script(job(name).script.join('\n'), { CI_PROJECT_DIR: project.folder }, '-o', 'pipefail')

  test('has the shape of a pipeline', async () => {
    const names = Object.keys(pipeline).filter(name => !['stages', 'default', 'workflow'].includes(name))
    expect(names).toEqual(['check', 'plan', 'apply'])
    for (const name of names) {
      expect(pipeline.stages).toContain(job(name).stage)
      for (const line of [...job(name).script, ...(job(name).after_script ?? [])])
        expect(await lint(line)).toBe('')
    }
  })

  test('leaves a report where it says, right or wrong', async () => {
    const report = async () => JSON.parse(await read(job('check').artifacts.reports!.codequality))
    expect(await run('check')).toMatchObject({ status: 0 })
    expect(await report()).toEqual([])
    await write(WRONG)
    expect(await run('check')).toMatchObject({ status: 65 })
    expect(await report()).toMatchObject([{ check_name: 'SPEC_INVALID', location: { path: 'bundles.yaml' } }])
  })

  test('a plan with changes is the failure that is allowed, one without is none', async () => {
    expect((await run('plan')).status).toBe(job('plan').allow_failure!.exit_codes)
    await script(job('plan').after_script!.join('\n'), {})
    expect(await read('plan.md')).toMatch(/<code>one<\/code>/)
    // The values of variables do not leave the machine.
    expect(job('plan').artifacts.paths).toEqual(['plan.md'])
    expect(await run('apply')).toMatchObject({ status: 0 })
    expect((await stat(join(project.folder, job('apply').artifacts.paths![0]!))).size).toBeGreaterThan(0)
    expect((await run('plan')).status).toBe(0)
    await write(WRONG)
    expect((await run('plan')).status).toBe(65)
  })
})
