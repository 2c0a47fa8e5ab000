/**
 * Where a layer's commit differs from what `ostree commit --tree=tar` makes of the tar, or where libostree makes
 * nothing of it: the table in docs/ostree.md, row by row. A libostree that does as ctrbuild does is fine too.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { initRepo } from '../../src/ostree/repo.ts'
import { type ByteString, bytesOf } from '../../src/tree/node.ts'
import { ostree, ostreeRepo } from '../ostree/repositories.ts'
import { problemOf } from '../support/problem.ts'
import { needs } from '../support/programs.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'
import { memoryFolder } from './ostree-folder.ts'
import { importTars, listOf, ostreeImport } from './ostree-import.ts'

/** A row: what the tar holds beside its root, what libostree makes of it, or says, and what ctrbuild makes of it. */
interface Row {
  readonly members: readonly TarInput[]
  readonly theirs: string
  readonly ours: string
}

const f = (path: ByteString, more: Partial<TarInput> = {}): TarInput => ({ path, type: 'file', ...more })
const dir = (path: string, more: Partial<TarInput> = {}): TarInput => ({ path, type: 'dir', ...more })
const symlink = (target: string, more: Partial<TarInput> = {}): TarInput => ({
  path: 'l',
  type: 'symlink',
  target,
  ...more,
})
const hardlink = (path: string, target: string): TarInput => ({ path, type: 'hardlink', target })
const one = Buffer.from('1')
const CAPABILITY = Buffer.from('010000038000000000000000000000000000000000000000', 'hex')

const ROWS: Readonly<Record<string, Row>> = {
  'a name that is not UTF-8': {
    members: [f('caf\xe9')],
    theirs: 'Invalid UTF-8 in filename',
    ours: '-00644 0:0 /caf\\xe9',
  },
  'a name in decomposed Unicode': {
    members: [f(bytesOf('u\u0308'))],
    theirs: '-00644 0:0 /\u00fc',
    ours: '-00644 0:0 /u\u0308',
  },
  'a symbolic link to what is not UTF-8': {
    members: [symlink('\xff')],
    theirs: 'l00777 0:0 /l -> [Invalid UTF-8]',
    ours: '',
  },
  'a symbolic link of another mode than 0777': {
    members: [symlink('x', { mode: 0o640 })],
    theirs: 'l00640 0:0 /l -> x',
    ours: 'l00777 0:0 /l -> x',
  },
  'an attribute of a symbolic link': {
    members: [symlink('x', { xattrs: [['user.a', one]] })],
    theirs: "l00777 0:0 { [(b'user.a', [byte 0x31])] } /l -> x",
    ours: 'l00777 0:0 /l -> x',
  },
  'several attributes': {
    members: [f('f', { xattrs: ['a', 'b'].map(name => [`user.${name}`, one] as const) })],
    theirs: "-00644 0:0 { [(b'user.b', [byte 0x31]), (b'user.a', [0x31])] } /f",
    ours: "-00644 0:0 { [(b'user.a', [byte 0x31]), (b'user.b', [0x31])] } /f",
  },
  'an attribute without a value': {
    members: [f('f', { xattrs: [['user.a', Buffer.alloc(0)]] })],
    theirs: "-00644 0:0 { [(b'user.a', @ay [])] } /f",
    ours: '-00644 0:0 /f',
  },
  'an attribute that is the business of the host': {
    members: [f('f', { xattrs: [['trusted.a', one]] })],
    theirs: "-00644 0:0 { [(b'trusted.a', [byte 0x31])] } /f",
    ours: '-00644 0:0 /f',
  },
  'capabilities for the first user namespace': {
    members: [f('f', { xattrs: [['security.capability', CAPABILITY]] })],
    theirs: `-00644 0:0 { [(b'security.capability', [byte ${hexBytes(CAPABILITY)}])] } /f`,
    ours: `-00644 0:0 { [(b'security.capability', [byte ${hexBytes(CAPABILITY.subarray(0, 20)).replace('0x03', '0x02')}])] } /f`,
  },
  'directories that are only implied': {
    members: [dir('a/', { mode: 0o700 }), f('a/b/f', { uid: 5, gid: 6 })],
    theirs: 'd00755 5:6 /\nd00755 5:6 /a\nd00755 5:6 /a/b\n-00644 5:6 /a/b/f',
    ours: 'd00700 0:0 /a\nd00755 0:0 /a/b\n-00644 5:6 /a/b/f',
  },
  'a hard link to a lower layer': {
    members: [hardlink('a', 'b')],
    theirs: 'Processing deferred hardlink b: Failed to find object',
    ours: '',
  },
  'a hard link to a file that comes twice': {
    members: [f('f'), hardlink('l', 'f'), f('f', { mode: 0o600 })],
    theirs: '-00600 0:0 /f\n-00600 0:0 /l',
    ours: '-00600 0:0 /f\n-00644 0:0 /l',
  },
  'a device': { members: [{ path: 'a', type: 'char' }], theirs: 'Unsupported file type for path', ours: '' },
  'a directory, then a file of its name': {
    members: [dir('a'), f('a')],
    theirs: "Can't replace directory with file",
    ours: '-00644 0:0 /a',
  },
  'a file, then a directory of its name': {
    members: [f('a'), dir('a')],
    theirs: 'assertion failed',
    ours: 'd00755 0:0 /a',
  },
  'a file by way of a symbolic link': {
    members: [dir('d'), symlink('d'), f('l/f')],
    theirs: 'assertion failed',
    ours: 'l00777 0:0 /l -> d\nd00755 0:0 /d\n-00644 0:0 /d/f',
  },
  'a file below a file': {
    members: [f('a'), f('a/b')],
    theirs: 'assertion failed',
    ours: 'LAYER_CONFLICT: "a/b" is below something that is not a directory',
  },
}

test.for(Object.entries(ROWS))('%s', async ([, { members, theirs, ours }], ctx) => {
  needs(ctx, 'ostree')
  const folder = await memoryFolder()
  const tar = join(folder, 'layer.tar')
  writeFileSync(tar, writeTar([dir('./', { mode: 0o711 }), ...members]))

  const own = initRepo(join(folder, 'own'), 'bare-user')
  let made = ''
  const problem = await problemOf(() => {
    made = short(listOf(own, importTars(own, new Map([['main', tar]])).get('main')!.commit))
    expect(ostree(own.path, 'fsck')).toContain('no errors found')
  })
  expect(made === '' ? problem : made).toBe(made === '' ? ours : `d00711 0:0 /\n${ours}`.trimEnd())

  const repo = ostreeRepo(folder, 'bare-user')
  const said = listed(() => listOf(repo, ostreeImport(repo, 'main', tar)))
  if (said !== made) expect(said).toContain(theirs)
})

test('every row is in docs/ostree.md, and no other', () => {
  const page = readFileSync(new URL('../../docs/ostree.md', import.meta.url), 'utf8')
  const [, table = ''] = page.split('## Where layers differ')
  const rows = [...table.matchAll(/^\| (.*?) \|/gm)].map(([, first]) => first)
  expect(rows).toEqual(['in the archive', ...Object.keys(ROWS)])
})

/** A listing, or what ostree said instead. */
function listed(list: () => string): string {
  try {
    return short(list())
  } catch (error) {
    return (error as { stderr?: string }).stderr ?? String(error)
  }
}

/** A listing without checksums, sizes and empty lists of attributes. */
function short(list: string): string {
  return Buffer.from(list, 'latin1')
    .toString()
    .replaceAll(/[0-9a-f]{64} /g, '')
    .replaceAll('{ @a(ayay) [] } ', '')
    .replaceAll(/^(\S+) (\d+) (\d+) +\d+ /gm, '$1 $2:$3 ')
}

function hexBytes(bytes: Buffer): string {
  return [...bytes].map(byte => `0x${byte.toString(16).padStart(2, '0')}`).join(', ')
}
