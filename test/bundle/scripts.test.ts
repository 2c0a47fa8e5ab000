import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { needs } from '../support/programs.ts'
import { forget, PLAIN, PRIVILEGES, place, run } from './machine.ts'
import { fileOf, sampleBundle, sampleSpec } from './sample.ts'

const NASTY = ["it's", '$(touch /tmp/pwned)', '`id`', 'new\nline', '--', '-n', '', '"\\', 'é', '*', '\t\x01']
const NAME = `ctrbuild-scripts-${process.pid}`
const privilege = PRIVILEGES[0]!
const folder = await temporaryFolder()

afterAll(() => forget(NAME))

describe.each([
  ["root's", sampleBundle({ spec: sampleSpec({ args: NASTY }) })],
  ["root's, for another user", sampleBundle({ spec: sampleSpec({ user: 'redis' }) })],
  [
    "a plain user's",
    sampleBundle({ spec: sampleSpec({ args: NASTY }), privilege: { kind: 'rootless', ...PLAIN } }),
  ],
])('the scripts of a bundle: %s', (_, bundle) => {
  const scripts = bundle.files.filter(file => file.mode === 0o755)

  test('shellcheck finds nothing', ctx => {
    needs(ctx, 'shellcheck')
    for (const { content } of scripts) {
      expect(
        run('shellcheck', { privilege: { kind: 'root' }, args: ['-'], input: String(content) }).stdout,
      ).toBe('')
    }
  })

  test('the program that enters bubblewrap is perl that compiles without a warning', ctx => {
    needs(ctx, 'perl')
    const args = ['-c', '-']
    const { stderr } = run('perl', {
      privilege: { kind: 'root' },
      args,
      input: fileOf(bundle, 'bwrap.enter'),
    })
    expect(stderr).toBe('- syntax OK\n')
  })

  test('they are POSIX shell and name no folder of this machine', () => {
    // No other folder whose name only begins with it.
    const here = new RegExp(`${process.cwd().replaceAll(/\W/g, '\\$&')}(?![\\w.-])`)
    for (const { content } of scripts) {
      expect(
        run('/bin/sh', { privilege: { kind: 'root' }, args: ['-n'], input: String(content) }).stderr,
      ).toBe('')
      expect(String(content)).not.toMatch(here)
    }
  })
})

describe('with programs that only tell how they were called', () => {
  const bin = join(folder, 'bin')
  const programs = { PATH: `${bin}:/usr/bin:/bin:/usr/sbin:/sbin` }

  beforeAll(() => {
    chmodSync(folder, 0o755)
    mkdirSync(bin)
    writeFileSync(
      join(bin, 'bwrap-oci'),
      '#!/bin/sh\npwd -P\nenv | LC_ALL=C sort\nprintf "<%s>" "$@"\nexit 9\n',
      { mode: 0o755 },
    )
    writeFileSync(join(bin, 'runc'), '#!/bin/sh\n[ "$3" != state ] && cat "$5/config.json"\n', {
      mode: 0o755,
    })
    chmodSync(bin, 0o755)
    place(sampleBundle({ spec: sampleSpec({ args: ['sh'] }), privilege }), join(folder, 'bundle'), privilege)
    symlinkSync('bundle', join(folder, 'link to bundle'))
    symlinkSync('link to bundle/run', join(folder, 'start'))
  })

  test('bwrap-oci gets no environment but a path and a folder for its state', () => {
    const { stdout, status } = run(join(folder, 'bundle/run-bwrap-oci'), {
      privilege,
      env: { ...programs, SECRET: 'x' },
    })
    const [cwd, ...rest] = stdout.split('\n')
    expect(cwd).toBe(join(folder, 'bundle'))
    const names = rest.filter(line => line.includes('=')).map(line => line.split('=')[0])
    expect(names).toEqual(['PATH', 'PWD', 'XDG_RUNTIME_DIR'])
    expect(rest.at(-1)).toBe('<run><tiny>')
    expect(status).toBe(9)
  })

  test('another command is one line each in config.json, and nothing else changes but the rootfs', () => {
    const args = [`--name=${NAME}`, '--', 'printf', ...NASTY]
    const { stdout, stderr } = run(join(folder, 'start'), { privilege, env: programs, args })
    expect(stderr).toBe('')
    const written = JSON.parse(stdout)
    const original = JSON.parse(readFileSync(join(folder, 'bundle/config.json'), 'utf8'))
    expect(written.process.args).toEqual(['printf', ...NASTY])
    expect(written.root.path).toBe(join(folder, 'bundle/rootfs'))
    written.process.args = original.process.args
    written.root.path = 'rootfs'
    expect(written).toEqual(original)
  })

  test.each([
    [['-x'], 64, 'there is no option -x; a command goes after --'],
    [['sh'], 64, 'there is no option sh; a command goes after --'],
    [['--name'], 64, '--name needs a value'],
    [
      ['--name', '../x'],
      64,
      'a name has letters, digits, "_", "." and "-", and starts with a letter or digit',
    ],
    [['--name=a b'], 64, 'a name has letters, digits, "_", "." and "-", and starts with a letter or digit'],
    [['--name=.'], 64, 'a name has letters, digits, "_", "." and "-", and starts with a letter or digit'],
  ])('%j ends with status %i', (args, status, message) => {
    const result = run(join(folder, 'start'), { privilege, env: programs, args })
    expect(result.status).toBe(status)
    expect(result.stdout + result.stderr).toBe(`run-runc: ${message}\n`)
  })

  test('--help says how', () => {
    const { stdout, status } = run(join(folder, 'start'), { privilege, env: programs, args: ['--help'] })
    expect(stdout).toContain(
      'usage: run-runc [--name NAME] [--detach] [--pid-file FILE] [-- COMMAND [ARGUMENT...]]',
    )
    expect(status).toBe(0)
  })

  test('a program that is missing is named with its package', () => {
    const few = join(folder, 'few')
    mkdirSync(few)
    for (const name of ['cat', 'id', 'readlink', 'sh']) symlinkSync(join('/usr/bin', name), join(few, name))
    const { stdout, stderr } = run('/bin/sh', {
      privilege: { kind: 'root' },
      args: [join(folder, 'bundle/run-bwrap')],
      env: { PATH: few },
    })
    expect(stdout + stderr).toBe('run-bwrap: bwrap is not installed (Debian package: bubblewrap)\n')
  })
})

test('only the command of bubblewrap shows in the list of processes', () => {
  const bundle = sampleBundle({ spec: sampleSpec({ env: { PASSWORD: 'hush' } }) })
  expect(fileOf(bundle, 'bwrap.args')).toContain('--setenv\0PASSWORD\0hush\0')
  expect(fileOf(bundle, 'bwrap.inside')).toContain('\0PASSWORD=hush\0')
  for (const script of ['run-bwrap', 'exec']) expect(fileOf(bundle, script)).not.toContain('hush')
})
