/** Hard links within a layer's archive, and to what lower layers must bring. */
import { describe, expect, test } from 'vitest'
import { problemOf } from '../support/problem.ts'
import { layer, lines, show } from '../support/tree.ts'

function check(name: string, archive: string, expected: string): void {
  test(name, () => {
    expect(show(layer(archive))).toBe(lines(expected).join('\n'))
  })
}

function checkRefused(name: string, archive: string, problem: string): void {
  test(name, async () => {
    expect(await problemOf(() => layer(archive))).toBe(problem)
  })
}

describe('hard links', () => {
  check('share a file', 'f /a 644 x\n h /b /a', 'f /a 644 x\n h /b /a')
  check('share a symlink', 'l /a x\n h /b a', 'l /a x\n h /b /a')
  check('of hard links', 'f /a\n h /b a\n h /c b', 'f /a 644\n h /b /a\n h /c /a')
  check('keep what they share', 'f /a 644 1\n h /b a\n f /a 644 2', 'f /a 644 2\n f /b 644 1')
  check('replace what was there', 'f /a 644 1\n d /b 755\n f /b/f\n h /b a', 'f /a 644 1\n h /b /a')
  check('may come first', 'h /b a\n f /a 644 x', 'f /a 644 x\n h /b /a')
  check('may come first in a chain', 'h /c b\n h /b a\n f /a 644 x', 'f /a 644 x\n h /b /a\n h /c /a')
  check('may be gone by the end', 'h /b a\n d /b 755', 'd /b 755')
  check(
    'through a symlinked directory',
    'f /d/a\n l /l d\n h /x l/a',
    'i /d\n f /d/a 644\n l /l d\n h /x /d/a',
  )
  check('to lower layers', 'h /b a/x\n h /c b', 'h /b ^/a/x\n h /c /b')
  check(
    'to a file of a directory that is only implied here',
    'f /a/.wh.x\n h /b a',
    'i /a\n f /a/.wh.x 644\n h /b ^/a',
  )
  checkRefused(
    'to a directory',
    'd /a 755\n h /b a',
    'LAYER_CONFLICT: "/b" cannot be a hard link to "a", which is a directory',
  )
  checkRefused(
    'to a directory that comes later',
    'h /b a\n d /a 755',
    'LAYER_CONFLICT: "/b" cannot be a hard link to "a", which is a directory',
  )
  checkRefused(
    'to the root',
    'h /b /',
    'LAYER_CONFLICT: "/b" cannot be a hard link to "/", which is a directory',
  )
  checkRefused(
    'to itself',
    'h /a a',
    'LAYER_CONFLICT: "/a" cannot be a hard link to "a", which it would replace',
  )
  checkRefused(
    'to itself, a file',
    'f /a\n h /a ./a',
    'LAYER_CONFLICT: "/a" cannot be a hard link to "./a", which it would replace',
  )
  checkRefused(
    'into what it replaces',
    'f /a/f\n h /a a/f',
    'LAYER_CONFLICT: "/a" cannot be a hard link to "a/f", which it would replace',
  )
  checkRefused(
    'in circles',
    'h /a b\n h /b a',
    'LAYER_CONFLICT: "/a" cannot be a hard link to "b", which is a hard link to it',
  )
  checkRefused(
    'to a whiteout',
    'f /.wh.x\n h /a .wh.x',
    'LAYER_CONFLICT: "/a" cannot be a hard link to ".wh.x", which is a whiteout',
  )
  checkRefused(
    'out of the root',
    'h /a ../../etc/passwd',
    'TAR_INVALID: the path "../../etc/passwd" leads out of its directory by ".."',
  )
  checkRefused(
    'through circles',
    'l /l l\n h /a l/x',
    'LAYER_CONFLICT: "/a" cannot be a hard link to "l/x", where symlinks go in circles',
  )
})
