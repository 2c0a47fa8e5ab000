import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { checksumOf, objectPath } from '../../src/ostree/checksum.ts'
import { decodeCommit, encodeCommit } from '../../src/ostree/commit.ts'
import { committable } from '../../src/ostree/committable.ts'
import {
  contentHeader,
  decodeOstreeMeta,
  encodeOstreeMeta,
  symlinkChecksum,
} from '../../src/ostree/content.ts'
import { decodeDirMeta, decodeDirTree, encodeDirMeta, encodeDirTree } from '../../src/ostree/objects.ts'
import { treeObjects } from '../../src/ostree/tree-objects.ts'
import type { Checksum } from '../../src/ostree/types.ts'
import type { Dir, File, Meta, Node } from '../../src/tree/node.ts'
import { problemOf } from '../support/problem.ts'

const META: Meta = { uid: 0, gid: 0, mode: 0o644, xattrs: [] }
const DIR_META: Meta = { ...META, mode: 0o755 }
const HI = 'fbf7cf77a1b50d9f074cb6e9ef6ddb65b6532ea89e4f4ca1b07a05b4cd1be259' as Checksum
const TREE = '4d45b8f10ca8c485c985cef2053db7b22dec9c05f401a7937113237b5c924aa9' as Checksum
const ROOT_META = '446a0ef11b7cc167f3b603e585c7eeeeb675faa412d5ec73f62988eb0b6c5488' as Checksum

describe('vectors taken from libostree', () => {
  test('the header of a regular file', () => {
    const header = contentHeader(META)
    expect(header.toString('hex')).toBe(`0000001200000000${'0000000000000000000081a4000000000011'}`)
    expect(createHash('sha256').update(header).update('hi\n').digest('hex')).toBe(HI)
    expect(contentHeader({ ...META })).toBe(header)
  })

  test('a dirmeta', () => {
    const object = encodeDirMeta(DIR_META)
    expect(object.toString('hex')).toBe('0000000000000000000041ed')
    expect(checksumOf(object)).toBe(ROOT_META)
    expect(decodeDirMeta(object)).toEqual(DIR_META)
  })

  test('a dirtree', () => {
    const object = encodeDirTree([['f', HI]], [])
    expect(object.toString('hex')).toBe(`6600${HI}022324`)
    expect(checksumOf(object)).toBe(TREE)
    expect(decodeDirTree(object)).toEqual({ files: [['f', HI]], dirs: [] })
  })

  test('user.ostreemeta', () => {
    expect(encodeOstreeMeta(META, 'file').toString('hex')).toBe('0000000000000000000081a4')
    expect(decodeOstreeMeta(encodeOstreeMeta({ ...META, mode: 0o777 }, 'symlink'))).toEqual({
      kind: 'symlink',
      meta: { ...META, mode: 0o777 },
    })
  })
})

test('objects lie in folders named by the first two digits', () => {
  expect(objectPath(HI, 'file')).toBe(`fb/${HI.slice(2)}.file`)
})

test('owners and modes use all their bits', () => {
  const meta: Meta = {
    uid: 0xffffffff,
    gid: 0x80000000,
    mode: 0o7777,
    xattrs: [
      ['user.a', Buffer.from([0, 1])],
      ['user.b', Buffer.alloc(300, 1)],
    ],
  }
  expect(decodeDirMeta(encodeDirMeta(meta))).toEqual(meta)
})

test('attributes without a value are left out, as libostree does', () => {
  const xattrs: Meta['xattrs'] = [
    ['user.a', Buffer.alloc(0)],
    ['user.b', Buffer.from('b')],
    ['user.c', Buffer.alloc(0)],
  ]
  expect(encodeDirMeta({ ...DIR_META, xattrs })).toEqual(encodeDirMeta({ ...DIR_META, xattrs: [xattrs[1]!] }))
  expect(contentHeader({ ...META, xattrs })).toEqual(contentHeader({ ...META, xattrs: [xattrs[1]!] }))
})

test('the checksum of a symbolic link is not that of a file', () => {
  const link = symlinkChecksum({ ...META, mode: 0o777 }, 'target')
  expect(link).not.toBe(symlinkChecksum({ ...META, mode: 0o777 }, 'other'))
  expect(link).not.toBe(createHash('sha256').update(contentHeader(META)).update('target').digest('hex'))
})

test('a commit comes back as it was', () => {
  const commit = {
    metadata: {
      b: 'ümlaut',
      a: Buffer.from([1, 2]),
      t: 2n ** 63n,
      u: 7,
      x: { signature: 'as', bytes: Buffer.from('x\0\x02') },
    },
    parent: HI,
    subject: 'subject',
    body: 'body\nof lines',
    timestamp: 1_700_000_000,
    tree: TREE,
    meta: ROOT_META,
  }
  const decoded = decodeCommit(encodeCommit(commit))
  expect(decoded).toEqual(commit)
  expect(Object.keys(decoded.metadata)).toEqual(['a', 'b', 't', 'u', 'x'])
  expect(decodeCommit(encodeCommit({ tree: TREE, meta: ROOT_META })).parent).toBeUndefined()
  expect(decodeCommit(encodeCommit({ tree: TREE, meta: ROOT_META, parent: 'zeros' })).parent).toBe('zeros')
})

describe('a dirtree is refused', () => {
  const check = (files: [string, Checksum][], dirs: [string, Checksum, Checksum][] = []) =>
    problemOf(() => decodeDirTree(encodeDirTree(files, dirs)))

  test.each(['', '.', '..', 'a/b', '/'])('for the name %j', async name => {
    expect(await check([[name, HI]])).toBe(
      `OBJECT_DAMAGED: dirtree is malformed: the name "${name}" is not a file name`,
    )
  })

  test('for names out of order, twice, or both file and directory', async () => {
    expect(
      await check([
        ['b', HI],
        ['a', HI],
      ]),
    ).toContain('"a" is out of order')
    expect(
      await check([
        ['a', HI],
        ['a', HI],
      ]),
    ).toContain('"a" is out of order')
    expect(await check([['a', HI]], [['a', TREE, ROOT_META]])).toContain('"a" is both a file and a directory')
  })
})

describe('the objects of a tree', () => {
  const file: File = { kind: 'file', meta: META, size: 3, checksum: HI }
  const leaf = dir({ f: file })
  const root = dir({ z: leaf, a: leaf, m: dir({ deep: leaf }) })

  test('come children first, and each once', () => {
    const { tree, meta, objects } = treeObjects(root)
    const names = objects.map(object => object.checksum)
    expect(new Set(names).size).toBe(names.length)
    expect(names.at(-1) === tree || names.at(-2) === tree).toBe(true)
    expect(names).toContain(TREE)
    expect(meta).toBe(ROOT_META)
    expect(treeObjects(root)).toEqual({ tree, meta, objects })
  })

  test('are left out where the folder is stored, with all below it', () => {
    const stored = new WeakMap()
    const first = treeObjects(root, stored)
    expect(treeObjects(root, stored)).toEqual({
      ...first,
      objects: [expect.objectContaining({ checksum: first.meta })],
    })
    const more = dir({ ...Object.fromEntries(root.children), g: file })
    const whole = treeObjects(more)
    const rest = treeObjects(more, stored)
    expect({ ...rest, objects: [] }).toEqual({ ...whole, objects: [] })
    expect(rest.objects.map(({ checksum }) => checksum).sort()).toEqual([rest.tree, rest.meta].sort())
    const known = new Set([...first.objects, ...rest.objects].map(({ checksum }) => checksum))
    expect(whole.objects.filter(({ checksum }) => !known.has(checksum))).toEqual([])
  })

  test('do not depend on the order of children', () => {
    const other = dir({ a: leaf, m: dir({ deep: leaf }), z: leaf })
    expect(treeObjects(other).tree).toBe(treeObjects(root).tree)
  })

  test('describe implied directories as nobody has', () => {
    const implied = { ...leaf, implied: true, meta: { ...META, uid: 5 } }
    expect(treeObjects(implied).meta).toBe(ROOT_META)
  })

  test('cannot hold links to lower layers, which are left out instead', () => {
    const link = { kind: 'link', target: 'elsewhere' } as const
    const whole = dir({ kept: leaf, odd: dir({ link, f: file }), link })
    expect(() => treeObjects(whole)).toThrow('hard link')
    const rest = committable(whole)
    expect(rest.children.get('kept')).toBe(leaf)
    expect(treeObjects(rest)).toEqual(treeObjects(dir({ kept: leaf, odd: leaf })))
    expect(committable(root)).toBe(root)
  })

  test('hold what is not UTF-8 under an escaped name, or not at all', () => {
    const symlink = { kind: 'symlink', meta: META, target: '\xff', checksum: HI } as const
    const odd = dir({ '\xff': file, '\\xff': leaf, '\xff\xfe': leaf, '\xc3\xbc': file, s: symlink })
    expect([...committable(odd).children.keys()].sort()).toEqual([
      '\\xff',
      '\\xff\\xfe',
      '\\xff~',
      '\xc3\xbc',
    ])
    expect(committable(odd).children.get('\\xff')).toBe(leaf)
  })
})

function dir(children: Record<string, Node>): Dir {
  return { kind: 'dir', meta: DIR_META, implied: false, children: new Map(Object.entries(children)) }
}
