/** What a union shares with the layers it is made of, by identity: checksums may be kept by it. */
import { expect, test } from 'vitest'
import { IMPLIED_META } from '../../src/tree/node.ts'
import { settle } from '../../src/tree/settle.ts'
import { union, unionAdd } from '../../src/tree/union.ts'
import { layer } from '../support/tree.ts'

test('directories that one layer alone brings are its own values', () => {
  const lower = layer('d /a 755\n f /a/f\n d /b 755\n f /b/f')
  const upper = layer('d /a 755\n f /a/g\n d /c 755\n d /c/d 755\n f /c/d/f')
  for (const merge of [union, unionAdd]) {
    const root = merge(settle([lower, upper]))
    expect(root.children.get('b')).toBe(lower.children.get('b'))
    expect(root.children.get('c')).toBe(upper.children.get('c'))
    expect(root.children.get('a')).not.toBe(lower.children.get('a'))
  }
})

test('but not with whiteouts or implied directories in them', () => {
  const only = layer('d /a 755\n d /a/b 755\n f /a/b/.wh.x\n d /a/c 755\n f /d/e/f')
  for (const merge of [union, unionAdd]) {
    const root = merge(settle([only]))
    const a = root.children.get('a')
    expect(a?.kind === 'dir' && [...a.children.keys()]).toEqual(['b', 'c'])
    expect(a?.kind === 'dir' && a.children.get('b')).toMatchObject({ implied: false, children: new Map() })
    expect(root.children.get('d')).toMatchObject({ implied: false, meta: IMPLIED_META })
    expect(only.children.get('d')).toMatchObject({ implied: true })
  }
})

test('a file keeps its identity, and so its hard links', () => {
  const lower = layer('f /a 644 x\n h /b /a')
  const root = union(settle([lower, layer('h /c /b\n f /.wh.b')]))
  expect(root.children.get('c')).toBe(lower.children.get('a'))
})
