/** Package databases, held against the programs that write them. */
import { readFileSync } from 'node:fs'
import { execaSync } from 'execa'
import { describe, expect, test } from 'vitest'
import { parseApk } from '../../src/packages/apk.ts'
import { diffPackages } from '../../src/packages/diff.ts'
import { parseDpkg } from '../../src/packages/dpkg.ts'
import { parseRpm } from '../../src/packages/rpm.ts'
import type { Package } from '../../src/packages/types.ts'
import { needs } from '../support/programs.ts'

describe('dpkg', () => {
  test("reads this machine's database as dpkg-query does", ctx => {
    needs(ctx, 'dpkg-query')
    const format = '$' + '{db:Status-Status} $' + '{Package} $' + '{Architecture} $' + '{Version}\n'
    const { stdout } = execaSync('dpkg-query', ['--show', `--showformat=${format}`])
    const expected = stdout
      .split('\n')
      .filter(line => !/^(not-installed|config-files) /.test(line))
      .map(line => line.slice(line.indexOf(' ') + 1))
    const found = parseDpkg(readFileSync('/var/lib/dpkg/status', 'utf8'))
    expect(
      found.map(({ name, architecture, version }) => `${name} ${architecture} ${version}`).sort(),
    ).toEqual(expected.sort())
    expect(found.length).toBeGreaterThan(50)
  })

  test('passes over what was removed, and reads the files of status.d', () => {
    const text = `Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1

Package: half
Status: install ok unpacked
Architecture: amd64
Version: 2
Description: words
 Package: not-this
 Version: 9
`
    expect(parseDpkg(text)).toEqual([{ manager: 'dpkg', name: 'half', architecture: 'amd64', version: '2' }])
    expect(parseDpkg('Package: base-files\nVersion: 12.4+deb12u5\nArchitecture: amd64\n')).toHaveLength(1)
    expect(parseDpkg('')).toEqual([])
    expect(parseDpkg('Version: 1\n\n\n\nPackage: nameless-version\n')).toEqual([])
  })
})

test('apk: the case of a letter counts', () => {
  const text = `C:Q1abc=
P:busybox
V:1.36.1-r15
A:x86_64
p:so:libbusybox.so
F:bin
R:busybox
a:0:0:755

P:musl
V:1.2.4-r2
A:x86_64
`
  expect(parseApk(text)).toEqual([
    { manager: 'apk', name: 'busybox', version: '1.36.1-r15', architecture: 'x86_64' },
    { manager: 'apk', name: 'musl', version: '1.2.4-r2', architecture: 'x86_64' },
  ])
})

test('rpm: an epoch of 0 is not shown', () => {
  expect(
    parseRpm('bash\tx86_64\t0:5.1.8-6.el9\nbind\tx86_64\t32:9.16-1\ngpg-pubkey\t(none)\t0:1-2\n'),
  ).toEqual([
    { manager: 'rpm', name: 'bash', version: '5.1.8-6.el9', architecture: 'x86_64' },
    { manager: 'rpm', name: 'bind', version: '32:9.16-1', architecture: 'x86_64' },
    { manager: 'rpm', name: 'gpg-pubkey', version: '1-2', architecture: '' },
  ])
})

describe('the difference', () => {
  const of = (words: string, manager: Package['manager'] = 'dpkg'): Package[] =>
    words.split(' ').map(word => {
      const [name = '', version = '', architecture = 'amd64'] = word.split('=')
      return { manager, name, version, architecture }
    })
  const shown = (before: Package[], after: Package[]) =>
    diffPackages(before, after).map(({ kind, name, before, after }) => [kind, name, before, after].join(' '))

  test('tells upgrades from downgrades', () => {
    expect(shown(of('a=1 b=2 c=1.9 d=1 e=1'), of('a=1 b=1 c=1.10 e=1 f=1'))).toEqual([
      'downgraded b 2 1',
      'upgraded c 1.9 1.10',
      'removed d 1 ',
      'added f  1',
    ])
  })

  test('does not order what it cannot order', () => {
    expect(shown(of('a=1', 'apk'), of('a=2', 'apk'))).toEqual(['changed a 1 2'])
  })

  test('knows packages of several architectures and in several versions', () => {
    expect(shown(of('a=1=amd64 a=1=i386'), of('a=2=amd64 a=1=i386'))).toEqual(['upgraded a 1 2'])
    expect(shown(of('k=1 k=2', 'rpm'), of('k=2 k=3', 'rpm'))).toEqual(['removed k 1 ', 'added k  3'])
    expect(shown(of('a=1'), of('a=1'))).toEqual([])
  })
})
