/** Completion of command lines: what can stand there, and what a shell makes of it. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { candidates } from '../../src/cli/candidates.ts'
import { VERBS } from '../../src/cli/verbs/all.ts'
import { temporaryFolder } from '../support/folder.ts'
import { needs } from '../support/programs.ts'
import { PROGRAM } from '../support/project.ts'

test.each<[string, string[]]>([
  ['va', ['validate']],
  ['export r', ['redis']],
  ['export --format q', ['quadlet']],
  ['export redis --form', ['--format']],
  ['plan --target ', ['nginx', 'redis']],
  ['plan --color ', ['always', 'auto', 'never']],
  ['apply --vers', []],
  ['--vers', ['--version']],
  ['plan --out ', []],
  ['run redis -- ', []],
  ['-f other.yaml val', ['validate']],
  ['nosuch ', VERBS.map(({ command }) => command.split(' ')[0]!).sort()],
])('after "ctrbuild %s" comes %j', (line, expected) => {
  expect(candidates(line.split(' '), VERBS, ['redis', 'nginx'])).toEqual(expected)
})

test.for(['bash', 'zsh'])('%s completes names from bundles.yaml', async (shell, ctx) => {
  needs(ctx, shell)
  const cwd = await temporaryFolder()
  mkdirSync(join(cwd, 'bin'))
  writeFileSync(join(cwd, 'bin/ctrbuild'), `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`)
  chmodSync(join(cwd, 'bin/ctrbuild'), 0o755)
  writeFileSync(
    join(cwd, 'bundles.yaml'),
    'apiVersion: ctrbuild/v1\nkind: Bundles\nbundles: {redis: {image: a}, nginx: {image: a}}\n',
  )
  const ready =
    shell === 'zsh'
      ? 'autoload -U compinit bashcompinit; compinit -u -D; bashcompinit; setopt ksharrays shwordsplit'
      : ''
  const script = `${ready}
eval "$(ctrbuild completion)"
COMP_WORDS=(ctrbuild export re) COMP_CWORD=2
_ctrbuild
printf '%s\\n' "\${COMPREPLY[@]}"
COMP_WORDS=(ctrbuild export redis --format '') COMP_CWORD=4
_ctrbuild
printf '%s ' "\${COMPREPLY[@]}"`
  const env = { ...process.env, HOME: cwd, PATH: `${join(cwd, 'bin')}${delimiter}${process.env.PATH}` }
  const { stdout, stderr } = spawnSync(shell, ['-c', script], { cwd, env, encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: 'redis\nk8s-pod oci portable quadlet tar ', stderr: '' })
})
