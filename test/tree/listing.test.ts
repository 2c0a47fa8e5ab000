/** Trees as text in the store. */
import { describe, expect, test } from 'vitest'
import { decodeListing, encodeListing } from '../../src/tree/listing.ts'
import type { Dir } from '../../src/tree/node.ts'
import { problemOf } from '../support/problem.ts'
import { layer, show } from '../support/tree.ts'

const TREE = layer(`
  d / 700 @1:2
  d /dir 2755 @3:4 +user.a=00ff
  f /dir/file 644 +security.capability=0100000280
  f /dir/other 644
  h /dir/linked dir/file
  l /symlink ../\\xff
  h /symlink2 symlink
  h /lower usr/bin/x
  h /lower2 lower
  f /implied/\\x0a\\xe9 4755 x
  f /.wh.gone`)

test('is one line of compact JSON', () => {
  const [first] = [layer('f /a/f 644 x\n l /b c\n h /c a/f')].map(tree => encodeListing(tree))
  expect(first?.replace(/[0-9a-f]{64}/g, 'CHECKSUM')).toBe(
    '{"version":1,"metas":[[0,0,493,[]],[0,0,420,[]],[0,0,511,[]]],"rows":[' +
      '[-1,"",1,0],[0,"a",1,0],[1,"f",2,1,1,"CHECKSUM"],[0,"b",3,2,"c","CHECKSUM"],[0,"c",5,2]]}',
  )
})

test('gives the tree back', () => {
  const again = decodeListing(encodeListing(TREE))
  expect(show(again)).toBe(show(TREE))
  expect(again.implied).toBe(false)
  expect(again.children.get('implied')).toMatchObject({ implied: true })
  expect(again.children.get('lower')).toEqual({ kind: 'link', target: 'usr/bin/x' })
})

test('keeps hard links apart from equal files', () => {
  const { children } = decodeListing(
    encodeListing(layer('f /a 644 x\n f /b 644 x\n h /c a\n h /d lower\n h /e d')),
  )
  expect(children.get('c')).toBe(children.get('a'))
  expect(children.get('b')).not.toBe(children.get('a'))
  expect(children.get('e')).toBe(children.get('d'))
})

test('is read with one more column in the rows of folders', () => {
  const text = encodeListing(TREE)
  const wider = text.replaceAll(/,([01]),([0-9]+)\](?=,|\])/g, `,$1,$2,"${'a'.repeat(64)}"]`)
  expect(wider).not.toBe(text)
  expect(show(decodeListing(wider))).toBe(show(TREE))
})

test('does not depend on the order of names', () => {
  expect(encodeListing(layer('f /b\n f /a\n d /c 755'))).toBe(encodeListing(layer('d /c 755\n f /a\n f /b')))
})

test('survives UTF-8', () => {
  const text = encodeListing(TREE)
  expect(show(decodeListing(Buffer.from(text, 'utf8').toString('utf8')))).toBe(show(TREE))
})

describe('anything else is damage', () => {
  const CHECKSUM = 'a'.repeat(64)
  const rows = (...rest: unknown[]): string =>
    JSON.stringify({ version: 1, metas: [[0, 0, 493, []]], rows: [[-1, '', 0, 0], ...rest] })

  test('but not this', () => {
    const text = rows([0, 'f', 2, 0, 0, CHECKSUM], [0, 'd', 0, 0], [2, 'l', 4, 'x'])
    expect(decodeListing(rows([0, 'd', 1, 0, CHECKSUM])).children.get('d')).toMatchObject({ implied: true })
    expect(encodeListing(decodeListing(text))).toHaveLength(text.length)
  })

  test.each([
    ['', ''],
    ['{', ''],
    ['null', ''],
    ['[]', ''],
    ['{"version":2,"metas":[],"rows":[]}', ''],
    ['{"version":1,"metas":[],"rows":[]}', ' in row 0'],
    ['{"version":1,"metas":[[0,0,493]],"rows":[]}', ''],
    ['{"version":1,"metas":[[0,-1,493,[]]],"rows":[]}', ''],
    ['{"version":1,"metas":[[0,0,65536,[]]],"rows":[]}', ''],
    ['{"version":1,"metas":[[0,0,493,[["user.a","?"]]]],"rows":[]}', ''],
    ['{"version":1,"metas":[[0,0,493,[["","AA=="]]]],"rows":[]}', ''],
    ['{"version":1,"metas":[],"rows":[[-1,"",0,0]]}', ' in row 0'],
    ['{"version":1,"metas":[[0,0,493,[]]],"rows":[[0,"",0,0]]}', ' in row 0'],
    ['{"version":1,"metas":[[0,0,493,[]]],"rows":[[-1,"a",0,0]]}', ' in row 0'],
    ['{"version":1,"metas":[[0,0,493,[]]],"rows":[[-1,"",4,"x"]]}', ' in row 0'],
    [rows([0, 'd', 0, 0, 0]), ' in row 1'],
    [rows([0, 'd', 0, 1]), ' in row 1'],
    [rows([0, 'd', 0, 0, CHECKSUM.toUpperCase()]), ' in row 1'],
    [rows([0, 'd', 0, 0, CHECKSUM, 0]), ' in row 1'],
    [rows([0, 'd', 9, 0]), ' in row 1'],
    [rows([0, '..', 0, 0]), ' in row 1'],
    [rows([0, '.', 0, 0]), ' in row 1'],
    [rows([0, '', 0, 0]), ' in row 1'],
    [rows([0, 'a/b', 0, 0]), ' in row 1'],
    [rows([0, 'a\0', 0, 0]), ' in row 1'],
    [rows([0, '\u0100', 0, 0]), ' in row 1'],
    [rows([0, 'n'.repeat(256), 0, 0]), ' in row 1'],
    [rows([0, 1, 0, 0]), ' in row 1'],
    [rows([1, 'd', 0, 0]), ' in row 1'],
    [rows([-1, 'd', 0, 0]), ' in row 1'],
    [rows(['0', 'd', 0, 0]), ' in row 1'],
    [rows([0, 'd', 0, 0], [0, 'd', 0, 0]), ' in row 2'],
    [rows([0, 'f', 2, 0, -1, CHECKSUM]), ' in row 1'],
    [rows([0, 'f', 2, 0, 0.5, CHECKSUM]), ' in row 1'],
    [rows([0, 'f', 2, 0, 1, CHECKSUM.toUpperCase()]), ' in row 1'],
    [rows([0, 'f', 2, 0, 1]), ' in row 1'],
    [rows([0, 'f', 2, 0, 1, CHECKSUM], [1, 'g', 0, 0]), ' in row 2'],
    [rows([0, 'l', 3, 0, '', CHECKSUM]), ' in row 1'],
    [rows([0, 'l', 3, 0, 'x\0', CHECKSUM]), ' in row 1'],
    [rows([0, 'h', 5, 0]), ' in row 1'],
    [rows([0, 'h', 5, 1]), ' in row 1'],
    [rows('f'), ' in row 1'],
    [JSON.stringify({ ...JSON.parse(rows()), rows: deepRows(2048) }), ' in row 2048'],
  ])('%.60s', async (text, where) => {
    expect(await problemOf(() => decodeListing(text, 'the layer x'))).toBe(
      `OBJECT_DAMAGED: the listing of the layer x is damaged${where}`,
    )
  })

  test('every cut of a listing', async () => {
    const text = encodeListing(layer('f /a/f\n l /b c'))
    for (let end = 0; end < text.length; end++) {
      expect(await problemOf(() => decodeListing(text.slice(0, end)))).toMatch(/^OBJECT_DAMAGED/)
    }
  })
})

function deepRows(depth: number): unknown[] {
  return [[-1, '', 0, 0], ...Array.from({ length: depth }, (_, at) => [at, 'd', 0, 0])]
}

test('17,000 entries are quick', () => {
  const tree = bigTree()
  const began = performance.now()
  const text = encodeListing(tree)
  decodeListing(text)
  expect(performance.now() - began).toBeLessThan(60_000)
})

function bigTree(): Dir {
  const text = Array.from({ length: 1000 }, (_, dir) => {
    const files = Array.from(
      { length: 16 },
      (_, file) => `f /usr/share/package-${dir}/file-${file} 644 ${dir}-${file}`,
    )
    return [`d /usr/share/package-${dir} 755`, ...files].join('\n')
  })
  return layer(text.join('\n'))
}
