/** A rootfs is prepared for what is mounted on it, and an image's symlinks lead nowhere but inside it. */
import { describe, expect, test } from 'vitest'
import { bytesOf, type File } from '../../src/tree/node.ts'
import { type Point, withMountPoints } from '../../src/tree/points.ts'
import { problemOf } from '../support/problem.ts'
import { layer, lines, show } from '../support/tree.ts'

const EMPTY: File = {
  kind: 'file',
  meta: { uid: 0, gid: 0, mode: 0o644, xattrs: [] },
  size: 0,
  checksum: '0'.repeat(64),
}

function prepared(image: string, ...points: Point[]): string {
  return show(
    withMountPoints(
      layer(image),
      points.map(point => ({ ...point, path: bytesOf(point.path) })),
      EMPTY,
    ),
  )
}

const dir = (path: string, mode?: number): Point => ({
  path,
  kind: 'dir',
  ...(mode === undefined ? {} : { mode }),
})

test('what is missing is made, with its parents', () => {
  expect(prepared('d /a 700', dir('/a/b/c'))).toBe(lines('d /a 700\n d /a/b 755\n d /a/b/c 755').join('\n'))
})

test('a directory gets the mode that it must have, also where it is there already', () => {
  expect(prepared('d /tmp 700 @5:6', dir('/tmp', 0o1777), dir('/run', 0o700))).toBe(
    lines('d /run 700\n d /tmp 1777 @5:6').join('\n'),
  )
})

test('what the image has in /dev, /proc and /sys is not there', () => {
  expect(prepared('f /dev/null 644 x\n l /proc /etc\n d /sys 555\n f /sys/x')).toBe(
    lines('d /dev 755\n d /proc 755\n d /sys 555').join('\n'),
  )
})

test('symlinks are followed inside the root', () => {
  expect(prepared('l /data /var/data\n d /var 755', dir('/data'))).toBe(
    lines('l /data /var/data\n d /var 755\n d /var/data 755').join('\n'),
  )
})

test('the tree that it starts from stays as it is', () => {
  const tree = layer('d /a 700')
  const before = show(tree)
  withMountPoints(tree, [dir('/a/b'), dir('/a', 0o711)], EMPTY)
  expect(show(tree)).toBe(before)
})

describe('what cannot be mounted on is refused', () => {
  test.each<[string, string, Point, RegExp]>([
    ['a file in the way', 'f /a', dir('/a/b'), /"\/a" is not a directory/],
    ['a file where a directory is needed', 'f /a', dir('/a'), /it is a file/],
    ['a directory where a file is needed', 'd /a 755', { path: '/a', kind: 'file' }, /it is a directory/],
    ['symlinks in circles', 'l /a b\n l /b a', dir('/a/c'), /go in circles/],
    ['a symlink into /proc', 'l /data /proc/1', dir('/data'), /a symlink leads it to "\/proc\/1"/],
  ])('%s', async (_, image, point, problem) => {
    expect(await problemOf(() => prepared(image, point))).toMatch(problem)
  })
})
