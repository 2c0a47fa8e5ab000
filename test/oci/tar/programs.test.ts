/** Archives that other programs made, read as those programs list them. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import {
  asPython,
  fillFolder,
  gnuListing,
  isInstalled,
  listing,
  pythonListing,
  writeSparseFiles,
} from './corpus.ts'
import { type ReadEntry, readAll, sha256 } from './reading.ts'

const BIG_IDS = ['--owner=+3000000', '--group=+2097152']
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ctrbuild-tar-'))
  for (const [name, isRich] of [
    ['rich', true],
    ['plain', false],
  ] as const) {
    mkdirSync(join(folder, name))
    fillFolder(join(folder, name), isRich)
  }
  mkdirSync(join(folder, 'sparse'))
  writeSparseFiles(join(folder, 'sparse'))
})

afterAll(() => rmSync(folder, { recursive: true }))

function needs(context: TestContext, program: string): void {
  if (!isInstalled(program)) context.skip(`${program} is not installed`)
}

/** Runs a program that packs a subfolder, and reads what it made in chunks that fit nothing. */
function pack(
  program: string,
  flags: readonly string[],
  what: string,
): { path: string; entries: ReadEntry[] } {
  const path = join(folder, `${program}-${what}.tar`)
  execFileSync(program, ['-C', join(folder, what), '-cf', path, ...flags, '.'], { stdio: 'pipe' })
  return { path, entries: readAll(readFileSync(path), [10_007]) }
}

function expectContents(entries: readonly ReadEntry[], what: string): void {
  const files = entries.filter(({ type }) => type === 'file')
  for (const { path, content } of files) {
    const original = readFileSync(Buffer.from(join(folder, what, path), 'latin1'))
    expect([path, sha256(content)]).toEqual([path, sha256(original)])
  }
  expect(files.length).toBeGreaterThan(3)
}

describe('GNU tar', () => {
  it.for<[string, string, string[]]>([
    ['v7', 'plain', ['--exclude=./fifo']],
    ['oldgnu', 'rich', BIG_IDS],
    ['gnu', 'rich', BIG_IDS],
    ['ustar', 'plain', ['--mode=u+s,g+s,+t']],
    ['pax', 'rich', BIG_IDS],
    ['posix', 'rich', ['--pax-option=globexthdr.name=g,comment=global,gid=77,uid:=5']],
  ])('--format=%s of %s files', ([format, what, flags], context) => {
    needs(context, 'tar')
    const { path, entries } = pack('tar', [`--format=${format}`, ...flags], what)
    expect(listing(entries)).toEqual(gnuListing(path))
    expectContents(entries, what)
  })

  it.for<[string[]]>([
    [['--format=gnu']],
    [['--format=oldgnu']],
    [['--format=posix', '--sparse-version=0.0']],
    [['--format=posix', '--sparse-version=0.1']],
    [['--format=posix', '--sparse-version=1.0']],
  ])('--sparse %j', ([flags], context) => {
    needs(context, 'tar')
    const { path, entries } = pack('tar', ['--sparse', '--hole-detection=raw', ...flags], 'sparse')
    expect(listing(entries)).toEqual(gnuListing(path))
    expect(readFileSync(path).length).toBeLessThan(1024 ** 2)
    expectContents(entries, 'sparse')
  })

  it('--xattrs with binary values', context => {
    needs(context, 'tar')
    needs(context, 'setfattr')
    const value = Buffer.from('80ff000a3dc328', 'hex')
    const file = join(folder, 'plain/dir/file')
    execFileSync('setfattr', ['-n', 'user.binary', '-v', `0x${value.toString('hex')}`, file])
    const { entries } = pack('tar', ['--xattrs', '--format=posix'], 'plain')
    const packed = entries.filter(({ xattrs }) => xattrs.length > 0)
    expect(packed.map(({ xattrs }) => xattrs)).toEqual([[['user.binary', value]]])
  })
})

describe('bsdtar', () => {
  it.for<[string, string, string]>([
    ['v7', 'plain', '--exclude=./fifo'],
    ['ustar', 'plain', '--numeric-owner'],
    ['gnutar', 'rich', '--numeric-owner'],
    ['pax', 'rich', '--numeric-owner'],
    ['pax', 'sparse', '--read-sparse'],
  ])('--format %s of %s files', ([format, what, flag], context) => {
    needs(context, 'tar')
    needs(context, 'bsdtar')
    const { path, entries } = pack('bsdtar', ['--format', format, flag], what)
    expect(listing(entries)).toEqual(gnuListing(path))
    expectContents(entries, what)
  })
})

describe("Python's tarfile", () => {
  it.for<[string, string, string[]]>([
    ['gnu', 'rich', BIG_IDS],
    ['posix', 'rich', BIG_IDS],
    ['ustar', 'plain', []],
    ['gnu', 'sparse', ['--sparse', '--hole-detection=raw']],
    ['posix', 'sparse', ['--sparse', '--hole-detection=raw', '--sparse-version=0.1']],
    ['posix', 'sparse', ['--sparse', '--hole-detection=raw', '--sparse-version=1.0']],
  ])('lists the same in --format=%s of %s files', ([format, what, flags], context) => {
    needs(context, 'tar')
    needs(context, 'python3')
    const { path, entries } = pack('tar', [`--format=${format}`, ...flags], what)
    expect(asPython(entries)).toEqual(pythonListing(path))
  })
})
