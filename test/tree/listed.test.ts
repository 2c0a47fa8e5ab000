/** Listings of which only what is looked at is made. */
import { describe, expect, test } from 'vitest'
import { type ListedDir, nodeAt, openListing } from '../../src/tree/listed.ts'
import { encodeListing } from '../../src/tree/listing.ts'
import type { Dir } from '../../src/tree/node.ts'
import { problemOf } from '../support/problem.ts'
import { layer, show } from '../support/tree.ts'

const TREE = layer(`
  d / 700 @1:2
  d /dir 2755 @3:4 +user.a=00ff
  d /dir/empty
  f /dir/file 644 +security.capability=0100000280
  f /dir/other 644
  l /symlink ../\\xff
  h /lower usr/bin/x
  f /implied/\\x0a\\xe9 4755 x
  f /.wh.gone`)

test('the tree is that which was written', () => {
  const listed = openListing(encodeListing(TREE))
  expect(show(listed)).toBe(show(TREE))
  expect(listed.children.get('implied')).toMatchObject({ implied: true })
  expect(listed.children).toBe(listed.children)
})

test('a row is found by its number, and a directory ends where the next name is', () => {
  const { listing } = openListing(encodeListing(layer('f /a/b/c\n f /a/d\n f /e')))
  expect(listing.rows.map(([, name]) => name)).toEqual(['', 'a', 'b', 'c', 'd', 'e'])
  expect([...listing.ends]).toEqual([6, 5, 4, 0, 0, 0])
  expect([...(nodeAt(listing, 1) as ListedDir).children.keys()]).toEqual(['b', 'd'])
  expect(nodeAt(listing, 3)).toMatchObject({ kind: 'file', size: 0 })
})

test('hard links are equal files', () => {
  const { children } = openListing(encodeListing(layer('f /a 644 x\n h /b a\n h /c ^\n h /d c')))
  expect(children.get('b')).toEqual(children.get('a'))
  expect(children.get('d')).toEqual(children.get('c'))
})

describe('anything else is damage', () => {
  const CHECKSUM = 'a'.repeat(64)
  const rows = (...rest: unknown[]): string =>
    JSON.stringify({ version: 1, metas: [[0, 0, 493, []]], rows: [[-1, '', 0, 0], ...rest] })

  test.each([
    ['{', ''],
    ['null', ''],
    ['{"version":2,"metas":[],"rows":[]}', ''],
    ['{"version":1,"metas":[],"rows":[]}', ' in row 0'],
    ['{"version":1,"metas":[],"rows":[[-1,"",0,0]]}', ' in row 0'],
    ['{"version":1,"metas":[[0,0,493,[]]],"rows":[[-1,"a",0,0]]}', ' in row 0'],
    ['{"version":1,"metas":[[0,0,493,[]]],"rows":[[-1,"",4,"x"]]}', ' in row 0'],
    [rows([0, 'd', 0, 1]), ' in row 1'],
    [rows([0, 'd', 0, 0, CHECKSUM.toUpperCase()]), ' in row 1'],
    [rows([0, 'd', 9, 0]), ' in row 1'],
    [rows([0, '..', 0, 0]), ' in row 1'],
    [rows([0, 'a/b', 0, 0]), ' in row 1'],
    [rows([0, '\u0100', 0, 0]), ' in row 1'],
    [rows([0, 1, 0, 0]), ' in row 1'],
    [rows([1, 'd', 0, 0]), ' in row 1'],
    [rows([-1, 'd', 0, 0]), ' in row 1'],
    [rows([0, 'd', 0, 0], [0, 'd', 0, 0]), ' in row 2'],
    [rows([0, 'd', 0, 0], [0, 'c', 0, 0]), ' in row 2'],
    [rows([0, 'd', 0, 0], [0, 'e', 0, 0], [1, 'f', 0, 0]), ' in row 3'],
    [rows([0, 'f', 2, 0, -1, CHECKSUM]), ' in row 1'],
    [rows([0, 'f', 2, 0, 1, CHECKSUM.toUpperCase()]), ' in row 1'],
    [rows([0, 'f', 2, 0, 1, CHECKSUM], [1, 'g', 0, 0]), ' in row 2'],
    [rows([0, 'l', 3, 0, 'x\0', CHECKSUM]), ' in row 1'],
    [rows([0, 'h', 5, 0]), ' in row 1'],
    [rows([0, 'h', 5, 1]), ' in row 1'],
    [rows([0, 'h', 5, -1]), ' in row 1'],
    [rows('f'), ' in row 1'],
  ])('%.60s', async (text, where) => {
    expect(await problemOf(() => visit(openListing(text, 'the layer x')))).toBe(
      `OBJECT_DAMAGED: the listing of the layer x is damaged${where}`,
    )
  })
})

function visit(dir: Dir): void {
  for (const node of dir.children.values()) if (node.kind === 'dir') visit(node)
}
