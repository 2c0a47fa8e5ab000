/** Counting trees. */
import { expect, test } from 'vitest'
import { countTree } from '../../src/tree/stats.ts'
import { layer } from '../support/tree.ts'

test('a tree is counted through, and hard links count once', () => {
  const tree = layer(
    'd /a 755\n f /a/f 644 12345\n h /a/g a/f\n f /a/h 644 12345\n l /l a\n f /b/c/d\n h /x lower',
  )
  expect(countTree(tree)).toEqual({ entries: 9, files: 3, bytes: 10 })
  expect(countTree(layer(''))).toEqual({ entries: 0, files: 0, bytes: 0 })
})
