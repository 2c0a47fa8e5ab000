import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli } from '../../src/cli/cli.ts'
import { manualClock, sink } from '../report/terminal.ts'

const SPEC = `apiVersion: ctrbuild/v1
kind: Bundles
bundles:
  redis:
    image: localhost:1/redis:7
`

let cwd: string
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'ctrbuild-cli-'))
  writeFileSync(join(cwd, 'bundles.yaml'), SPEC)
  writeFileSync(join(cwd, 'wrong.yaml'), SPEC.replace('image:', 'imgae:'))
})
afterAll(() => rmSync(cwd, { recursive: true }))

/** Runs the command line in this process. */
async function run(line: string, env: Readonly<Record<string, string>> = {}) {
  const [stdout, stderr] = [sink(), sink()]
  const ids = {
    uid: 1000,
    gid: 1000,
    cpus: 1,
    arch: 'x64',
    cwd,
    signal: new AbortController().signal,
    handOver: () => {},
  }
  const argv = line.split(' ').filter(word => word !== '')
  const status = await runCli(argv, '1.2.3', { ...manualClock(), ...ids, stdout, stderr, env })
  return { status, stdout: stdout.text(), stderr: stderr.text() }
}

describe('mistakes on the command line end with 64 and a suggestion', () => {
  test.each([
    ['pln', '"pln" is not a command', 'Did you mean "ctrbuild plan"?'],
    ['frobnicate', '"frobnicate" is not a command', 'See "ctrbuild --help"'],
    ['plan --jsn', 'there is no option --jsn', 'Did you mean --json?'],
    ['plan --jsn=1', 'there is no option --jsn', 'Did you mean --json?'],
    ['apply --detailed-exitcode', 'this command has no option --detailed-exitcode', 'See "ctrbuild --help"'],
    ['apply -x', 'there is no option -x', 'See "ctrbuild --help"'],
    ['validate redis', '"redis" is one argument too many', 'See "ctrbuild --help"'],
    ['apply a b', '"b" is one argument too many', 'See "ctrbuild --help"'],
    ['plan --file', '--file needs a value', 'See "ctrbuild --help"'],
    ['plan -f a --file b', '--file was given 2 times', 'Give it once'],
    ['plan --color red', '--color cannot be "red"', 'One of "auto", "always", "never"'],
    ['apply -j 0', '--jobs cannot be "0"', 'A number from 1'],
    ['apply -j many', '--jobs cannot be "many"', 'A number from 1'],
    ['apply --lock-timeout soon', '--lock-timeout cannot be "soon"', 'For example 30s or 5m'],
    ['apply plan.json --target a', 'a saved plan cannot be limited to --target', 'See "ctrbuild --help"'],
  ])('%s', async (line, message, hint) => {
    const { status, stdout, stderr } = await run(line)
    expect(stderr).toBe(`error USAGE: ${message}\n  hint: ${hint}\n`)
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' })
  })

  test('nothing at all shows the help', async () => {
    const { status, stdout, stderr } = await run('')
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' })
    expect(stderr).toMatch(/^Examples:/)
  })
})

describe('help', () => {
  test.each(['--help', '-h', 'validate --help', 'lock --help', 'plan -h', 'apply --help'])(
    '%s',
    async line => {
      const { status, stdout, stderr } = await run(line)
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(stdout).toMatch(/^Examples:\n\$ ctrbuild/)
      for (const shown of stdout.split('\n')) expect(shown.length).toBeLessThanOrEqual(80)
    },
  )

  test('plan', async () => {
    expect((await run('plan --help')).stdout).toMatchInlineSnapshot(`
      "Examples:
      $ ctrbuild plan
      $ ctrbuild plan --detailed-exitcode --out plan.json
      $ ctrbuild plan --json

      Usage: ctrbuild plan [OPTIONS]

      Show what apply would change.

      Options:
        -f, --file               What to build      [string] [default: "bundles.yaml"]
            --color              When to colour
                                [choices: "auto", "always", "never"] [default: "auto"]
            --progress           How to show progress
                  [choices: "auto", "tty", "plain", "json", "quiet"] [default: "auto"]
            --version            Show version number                         [boolean]
            --target             Only this bundle (repeatable)   [array] [default: []]
            --locked             Fail if the lock would change; the default in CI
                                                            [boolean] [default: false]
            --offline            Ask no registry            [boolean] [default: false]
            --frozen             --locked and --offline     [boolean] [default: false]
            --prune              Remove what is no longer in bundles.yaml; --no-prune
                                 keeps it                    [boolean] [default: true]
            --json               Print the plan as JSON     [boolean] [default: false]
            --details            Show the packages, settings and files that change
                                 inside                     [boolean] [default: false]
            --show-drift         Name every file that was changed by hand
                                                            [boolean] [default: false]
            --detailed-exitcode  End with 2 if there are changes
                                                            [boolean] [default: false]
            --out                Save the plan for "ctrbuild apply PLANFILE"  [string]
        -h, --help               Show help                                   [boolean]
      "
    `)
  })

  test('version', async () => {
    expect(await run('plan --version')).toEqual({ status: 0, stdout: '1.2.3\n', stderr: '' })
  })
})

describe('commands', () => {
  test('validate counts', async () => {
    const expected = { status: 0, stdout: 'bundles.yaml is valid: 1 bundle of 1 image\n', stderr: '' }
    expect(await run('validate')).toEqual(expected)
    expect(await run('validate', { CI: 'true' })).toEqual(expected)
  })

  test('validate shows mistakes', async () => {
    const { status, stderr } = await run('validate -f wrong.yaml')
    expect(status).toBe(65)
    expect(stderr).toMatch(/^wrong\.yaml:5:5: error SPEC_INVALID: /m)
  })

  test('a file that is not there', async () => {
    const { status, stderr } = await run('validate -f none.yaml')
    expect(status).toBe(66)
    expect(stderr).toMatch(/^error SPEC_MISSING: /)
  })

  test('colour where it is asked for', async () => {
    expect((await run('validate -f none.yaml --color always')).stderr).toMatch(/^\x1b\[31merror/)
    expect((await run('validate -f none.yaml', { FORCE_COLOR: '1' })).stderr).toMatch(/^\x1b\[31merror/)
    expect((await run('validate -f none.yaml --color never', { FORCE_COLOR: '1' })).stderr).toMatch(/^error/)
  })

  test('failures for programs', async () => {
    const { stderr } = await run('validate -f none.yaml --progress json')
    expect(JSON.parse(stderr)).toMatchObject({ type: 'error', code: 'SPEC_MISSING' })
  })

  test('the lock may not change in CI, unless that is asked for', async () => {
    expect((await run('plan', { CI: 'true' })).stderr).toMatch(/^error LOCK_MISSING/)
    expect((await run('apply --locked')).status).toBe(3)
    expect((await run('plan --no-locked --offline', { CI: 'true' })).stderr).toMatch(/^error OFFLINE/)
  })
})
