/** Every way in which layers can meet, as a table: what the union of the layers is, in both orders of merging. */
import { describe, expect, test } from 'vitest'
import { problemOf } from '../support/problem.ts'
import { lines, merged } from '../support/tree.ts'

function check(name: string, layers: readonly string[], expected: string): void {
  test(name, () => {
    expect(merged(...layers)).toBe(lines(expected).join('\n'))
  })
}

function checkRefused(name: string, layers: readonly string[], problem: string): void {
  test(name, async () => {
    expect(await problemOf(() => merged(...layers))).toBe(problem)
  })
}

const BASE = `
  d /a 755
  f /a/foo 644 1
  f /a/bar 644 2`

describe('files and directories', () => {
  check('no layers', [], '')
  check('one layer', ['d /a 700\n f /a/f 600 x\n l /l a'], 'd /a 700\n f /a/f 600 x\n l /l a')
  check('a file over a file', ['f /a 644 1', 'f /a 600 @1:2 2'], 'f /a 600 @1:2 2')
  check('files side by side', [BASE, 'f /a/new'], 'd /a 755\n f /a/bar 644 2\n f /a/foo 644 1\n f /a/new 644')
  check(
    'extended attributes come from the topmost layer',
    ['d /a 755 +user.x=01', 'd /a 755 +user.y=ff'],
    'd /a 755 +user.y=ff',
  )
  check('the root has metadata too', ['d / 700 @1:1', 'f /a', 'd / 711'], 'd / 711\n f /a 644')
})

describe('directory metadata comes from the topmost layer that lists the directory', () => {
  check('listed above', ['d /a 700', 'd /a 711 @5:6'], 'd /a 711 @5:6')
  check('implied above', ['d /a 700 @5:6', 'f /a/f', 'f /a/g'], 'd /a 700 @5:6\n f /a/f 644\n f /a/g 644')
  check('implied below', ['f /a/f', 'd /a 700'], 'd /a 700\n f /a/f 644')
  check('implied everywhere', ['f /a/f', 'f /a/g'], 'd /a 755\n f /a/f 644\n f /a/g 644')
  check('whited out and listed', ['d /a 700', 'f /.wh.a\n d /a 711'], 'd /a 711')
  check('whited out and implied', ['d /a 700', 'f /.wh.a\n f /a/f'], 'd /a 755\n f /a/f 644')
  check('implied and whited out', ['d /a 700', 'f /a/f\n f /.wh.a'], 'd /a 755\n f /a/f 644')
  check(
    'opaque and implied',
    ['d /a 700\n d /a/b 700', 'f /a/.wh..wh..opq\n f /a/b/f'],
    'd /a 700\n d /a/b 755\n f /a/b/f 644',
  )
  check('replaced by a file and listed again', ['d /a 700', 'f /a', 'd /a 711'], 'd /a 711')
})

describe('types change', () => {
  check('a directory becomes a symlink', [BASE, 'l /a b'], 'l /a b')
  check('a directory becomes a file', [BASE, 'f /a'], 'f /a 644')
  check(
    'a symlink becomes a directory',
    ['d /b 755\n l /a b\n f /b/f', 'd /a 700\n f /a/g'],
    'd /a 700\n f /a/g 644\n d /b 755\n f /b/f 644',
  )
  check(
    'a symlink out of the root becomes a directory',
    ['l /a /../../etc', 'd /a 755\n f /a/passwd'],
    'd /a 755\n f /a/passwd 644',
  )
  check('a file becomes a directory', ['f /a', 'd /a 755\n f /a/f'], 'd /a 755\n f /a/f 644')
  check(
    'a symlink becomes a file',
    ['d /b 755\n f /b/f\n l /a b/f', 'f /a 644 x'],
    'f /a 644 x\n d /b 755\n f /b/f 644',
  )
  check('a file becomes a symlink', ['f /a', 'l /a b'], 'l /a b')
  check('a symlink becomes another', ['l /a b', 'l /a c'], 'l /a c')
  check('there and back', [BASE, 'f /a', BASE], 'd /a 755\n f /a/bar 644 2\n f /a/foo 644 1')
  check(
    'usr-merge undone: a directory replaces the symlink',
    ['d /usr 755\n d /usr/bin 755\n f /usr/bin/sh\n l /bin usr/bin', 'd /bin 755\n f /bin/ls'],
    'd /bin 755\n f /bin/ls 644\n d /usr 755\n d /usr/bin 755\n f /usr/bin/sh 644',
  )
})

describe('whiteouts', () => {
  check('remove a file', [BASE, 'f /a/.wh.foo'], 'd /a 755\n f /a/bar 644 2')
  check('remove a directory with all it has', [BASE, 'f /.wh.a'], '')
  check(
    'remove a symlink and not what it points to',
    [`${BASE}\n l /l a`, 'f /.wh.l'],
    'd /a 755\n f /a/bar 644 2\n f /a/foo 644 1',
  )
  check('of what is not there', [BASE, 'f /a/.wh.nothing'], 'd /a 755\n f /a/bar 644 2\n f /a/foo 644 1')
  check('in a directory that is not there', ['f /f', 'f /a/b/.wh.c'], 'f /f 644')
  check('in a directory that is listed', ['f /f', 'd /a 700\n f /a/.wh.c'], 'd /a 700\n f /f 644')
  check('below a file', ['f /f', 'f /f/.wh.c'], 'f /f 644')
  check('in the lowest layer', ['d /a 755\n f /a/.wh.c\n f /a/d'], 'd /a 755\n f /a/d 644')
  check('before a sibling', [BASE, 'f /a/.wh.foo\n f /a/new'], 'd /a 755\n f /a/bar 644 2\n f /a/new 644')
  check('after a sibling', [BASE, 'f /a/new\n f /a/.wh.foo'], 'd /a 755\n f /a/bar 644 2\n f /a/new 644')
  check(
    'before what comes again',
    [BASE, 'f /a/.wh.foo\n f /a/foo 644 3'],
    'd /a 755\n f /a/bar 644 2\n f /a/foo 644 3',
  )
  check(
    'after what comes again',
    [BASE, 'f /a/foo 644 3\n f /a/.wh.foo'],
    'd /a 755\n f /a/bar 644 2\n f /a/foo 644 3',
  )
  check(
    'of a directory that comes again',
    [BASE, 'd /a 700\n f /a/new\n f /.wh.a'],
    'd /a 700\n f /a/new 644',
  )
  check(
    'of a file that a directory replaces',
    ['f /a', 'f /.wh.a\n d /a 755\n f /a/f'],
    'd /a 755\n f /a/f 644',
  )
  check(
    'hide only lower layers',
    [BASE, 'f /a/.wh.foo', 'f /a/foo 644 9'],
    'd /a 755\n f /a/bar 644 2\n f /a/foo 644 9',
  )
  check('reach through several layers', [BASE, 'f /a/foo 644 3', 'f /a/.wh.foo'], 'd /a 755\n f /a/bar 644 2')
  check(
    'in a symlinked directory',
    [`${BASE}\n l /l a`, 'f /l/.wh.foo'],
    'd /a 755\n f /a/bar 644 2\n l /l a',
  )
  check('in a directory that is whited out', [BASE, 'f /.wh.a\n f /a/.wh.foo'], '')
  check(
    'through a symlink of its own layer: meant for lower layers',
    [BASE, 'l /l a\n f /l/.wh.foo'],
    `d /a 755\n f /a/bar 644 2\n f /a/foo 644 1\n l /l a`,
  )
  check('of something that lower layers only imply', ['f /a/b/c', 'f /a/.wh.b'], 'd /a 755')
})

describe('opaque directories', () => {
  const opaque = 'd /a 755\n f /a/new 644 3'
  check('first', [BASE, 'd /a 755\n f /a/.wh..wh..opq\n f /a/new 644 3'], opaque)
  check('last', [BASE, 'd /a 755\n f /a/new 644 3\n f /a/.wh..wh..opq'], opaque)
  check('before the directory itself', [BASE, 'f /a/.wh..wh..opq\n d /a 755\n f /a/new 644 3'], opaque)
  check(
    'with a file of the same name',
    [BASE, 'd /a 755\n f /a/foo 644 3\n f /a/.wh..wh..opq'],
    'd /a 755\n f /a/foo 644 3',
  )
  check(
    'with whiteouts too',
    [BASE, 'f /a/.wh..wh..opq\n f /a/.wh.foo\n f /a/foo 644 3'],
    'd /a 755\n f /a/foo 644 3',
  )
  check('in a directory that is only implied', [BASE, 'f /a/.wh..wh..opq'], 'd /a 755')
  check(
    'hides what is deeper',
    ['f /a/b/c/d', 'd /a 755\n f /a/.wh..wh..opq\n f /a/b/x'],
    'd /a 755\n d /a/b 755\n f /a/b/x 644',
  )
  check(
    'hides nothing of its own layer',
    ['f /a/x', 'd /a 755\n f /a/b/c\n f /a/.wh..wh..opq'],
    'd /a 755\n d /a/b 755\n f /a/b/c 644',
  )
  check('hides nothing of higher layers', [BASE, 'f /a/.wh..wh..opq', 'f /a/new'], 'd /a 755\n f /a/new 644')
  check('at the root', [BASE, 'f /.wh..wh..opq\n f /new'], 'f /new 644')
  check('at a root that keeps its metadata', ['d / 700\n f /f', 'f /.wh..wh..opq'], 'd / 700')
  check(
    'in a directory that is not there',
    [BASE, 'f /b/.wh..wh..opq'],
    'd /a 755\n f /a/bar 644 2\n f /a/foo 644 1',
  )
  check('on a file', [BASE, 'f /a/foo/.wh..wh..opq'], 'd /a 755\n f /a/bar 644 2\n f /a/foo 644 1')
  check(
    'in a symlinked directory',
    [`${BASE}\n l /l a`, 'f /l/.wh..wh..opq\n f /l/new'],
    'd /a 755\n f /a/new 644\n l /l a',
  )
})

describe('odd whiteouts', () => {
  check('with content', [BASE, 'f /a/.wh.foo 644 data'], 'd /a 755\n f /a/bar 644 2')
  check('as a symlink', [BASE, 'l /a/.wh.foo x'], 'd /a 755\n f /a/bar 644 2')
  check(
    'hard links of each other, as AUFS made them',
    [BASE, 'f /a/.wh.foo\n h /a/.wh.bar /a/.wh.foo'],
    'd /a 755',
  )
  check(
    'hard links of something that was not exported',
    [BASE, 'h /a/.wh.bar /.wh..wh.aufs'],
    'd /a 755\n f /a/foo 644 1',
  )
  check(
    'as a directory, which is a directory',
    [BASE, 'd /a/.wh.foo 700'],
    'd /a 755\n d /a/.wh.foo 700\n f /a/bar 644 2\n f /a/foo 644 1',
  )
  check(
    'as a parent',
    [BASE, 'f /a/.wh.foo/x'],
    'd /a 755\n d /a/.wh.foo 755\n f /a/.wh.foo/x 644\n f /a/bar 644 2\n f /a/foo 644 1',
  )
  check(
    "AUFS's own",
    ['f /f', 'd /.wh..wh.plnk 700\n f /.wh..wh.plnk/1.2\n f /.wh..wh.aufs'],
    'd /.wh..wh.plnk 700\n f /.wh..wh.plnk/1.2 644\n f /f 644',
  )
  checkRefused('of nothing', [BASE, 'f /a/.wh.'], 'TAR_INVALID: the path "/a/.wh." is a whiteout of nothing')
  checkRefused(
    'of the directory',
    [BASE, 'f /a/.wh..'],
    'TAR_INVALID: the path "/a/.wh.." is a whiteout of "."',
  )
  checkRefused(
    'of the parent',
    [BASE, 'f /a/.wh...'],
    'TAR_INVALID: the path "/a/.wh..." is a whiteout of ".."',
  )
})
