/** Preparing a tree for mounts. */
import { describe, expect, test } from 'vitest'
import type { File } from '../../src/tree/node.ts'
import { type Point, withMountPoints } from '../../src/tree/points.ts'
import { problemOf } from '../support/problem.ts'
import { entries, layer, lines, merge, show } from '../support/tree.ts'

const { meta, size, checksum } = entries('f /empty 644')[0] as File & { path: string }
const EMPTY: File = { kind: 'file', meta, size, checksum }

/** `tree` with the points of a text such as `d /data`, `d /tmp 1777` or `f /etc/hosts`, one a line. */
function prepare(tree: string, points: string): ReturnType<typeof merge> {
  const parsed = lines(points).map((line): Point => {
    const [letter, path = '', mode] = line.split(' ')
    const kind = letter === 'd' ? 'dir' : 'file'
    return mode === undefined ? { kind, path } : { kind, path, mode: Number.parseInt(mode, 8) }
  })
  return withMountPoints(merge([layer(tree)]), parsed, EMPTY)
}

function check(name: string, tree: string, points: string, expected: string): void {
  test(name, () => {
    expect(show(prepare(tree, points))).toBe(lines(expected).join('\n'))
  })
}

function checkRefused(name: string, tree: string, points: string, problem: string): void {
  test(name, async () => {
    expect(await problemOf(() => prepare(tree, points))).toBe(
      `ROOTFS_INVALID: nothing can be mounted on ${problem}`,
    )
  })
}

describe('what is missing is made', () => {
  check('a directory', 'd /a 700', 'd /data', 'd /a 700\n d /data 755')
  check('with its parents', 'd /a 700', 'd /a/b/c', 'd /a 700\n d /a/b 755\n d /a/b/c 755')
  check('a file', 'd /etc 700', 'f /etc/hosts', 'd /etc 700\n f /etc/hosts 644')
  check('each file by itself', '', 'f /a\n f /b', 'f /a 644\n f /b 644')
  check(
    'one below the other',
    '',
    'd /a\n f /a/b/f\n d /a/b/c',
    'd /a 755\n d /a/b 755\n d /a/b/c 755\n f /a/b/f 644',
  )
  check(
    'where symlinks lead',
    'd /var 755\n l /run var/run\n l /l /../x',
    'd /run/lock\n f /l',
    'l /l /../x\n l /run var/run\n d /var 755\n d /var/run 755\n d /var/run/lock 755\n f /x 644',
  )
})

describe('a directory gets the mode that it must have', () => {
  check('where it is made', '', 'd /run/lock 1777', 'd /run 755\n d /run/lock 1777')
  check('where it is there', 'd /tmp 700 @5:6\n f /tmp/f', 'd /tmp 1777', 'd /tmp 1777 @5:6\n f /tmp/f 644')
  check(
    'where a symlink leads',
    'd /var/tmp 755\n l /tmp var/tmp',
    'd /tmp 1777',
    'l /tmp var/tmp\n d /var 755\n d /var/tmp 1777',
  )
})

describe('what is there stays', () => {
  check('a directory', 'd /data 700 @1:2\n f /data/f', 'd /data', 'd /data 700 @1:2\n f /data/f 644')
  check('a file', 'f /etc/hosts 600 x', 'f /etc/hosts', 'd /etc 755\n f /etc/hosts 600 x')
  check('a symlink to the right thing', 'd /a 755\n l /l a', 'd /l', 'd /a 755\n l /l a')
  check('the root', '', 'd /', '')

  test('as the same value, and only what is on the way to a change is copied', () => {
    const root = merge([layer('d /a 755\n f /a/f\n d /b 755\n d /b/c 755')])
    expect(withMountPoints(root, [{ kind: 'dir', path: '/a' }], EMPTY)).toBe(root)
    const changed = withMountPoints(root, [{ kind: 'dir', path: '/b/d', mode: 0o700 }], EMPTY)
    expect(changed.children.get('a')).toBe(root.children.get('a'))
    expect(show(root)).not.toContain('/b/d')
  })
})

describe("the kernel's directories", () => {
  check(
    'are emptied',
    'd /dev 700\n f /dev/null\n l /dev/x /\n d /proc 555\n f /proc/1/maps\n d /sys 755',
    '',
    'd /dev 700\n d /proc 555\n d /sys 755',
  )
  check(
    'are directories',
    'l /dev /\n f /proc\n l /sys ../etc\n d /etc 755',
    'd /dev\n d /proc\n d /sys\n d /dev/shm',
    'd /dev 755\n d /dev/shm 755\n d /etc 755\n d /proc 755\n d /sys 755',
  )
  check('are not made for nothing', 'd /a 755', '', 'd /a 755')
  checkRefused(
    'are not for symlinks to lead to',
    'd /etc 755\n l /etc/mtab ../proc/mounts',
    'f /etc/mtab',
    '"/etc/mtab" of the image: a symlink leads it to "/proc/mounts"',
  )
  checkRefused(
    'nor a parent',
    'l /data /proc/self',
    'd /data/x',
    '"/data/x" of the image: a symlink leads it to "/proc/self/x"',
  )
})

describe('what cannot be is refused', () => {
  checkRefused('a file in the way', 'f /a', 'd /a/b/c', '"/a/b/c" of the image: "/a" is not a directory')
  checkRefused(
    'a file behind a symlink in the way',
    'f /a\n l /l a',
    'd /l/b',
    '"/l/b" of the image: "/a" is not a directory',
  )
  checkRefused(
    'a file for a directory',
    'f /a',
    'd /a',
    '"/a" of the image: it is a file, and a directory is needed',
  )
  checkRefused(
    'a directory for a file',
    'd /a 755',
    'f /a',
    '"/a" of the image: it is a directory, and a file is needed',
  )
  checkRefused('the root for a file', '', 'f /', '"/" of the image: it is a directory, and a file is needed')
  checkRefused(
    'symlinks in circles',
    'l /a b\n l /b a',
    'd /a',
    '"/a" of the image: its symlinks go in circles',
  )
})
