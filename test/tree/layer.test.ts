/** What an archive's entries come to, in the order they are in. */
import { describe, expect, test } from 'vitest'
import { createLayer } from '../../src/tree/layer.ts'
import { TREE_LIMITS } from '../../src/tree/limits.ts'
import { IMPLIED_META } from '../../src/tree/node.ts'
import { problemOf } from '../support/problem.ts'
import { entries, layer, lines, show } from '../support/tree.ts'

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

describe('entries', () => {
  check('none', '', '')
  check(
    'of every kind',
    'd /a 700 @1:2\n f /a/f 600 x\n l /l @3:4 a/f',
    'd /a 700 @1:2\n f /a/f 600 x\n l /l @3:4 a/f',
  )
  check(
    'paths in any form',
    'd ./a/ 700\n f a//b/./c\n f /a/d',
    'd /a 700\n i /a/b\n f /a/b/c 644\n f /a/d 644',
  )
  check('odd names', 'f /e\\x20f\n f /-rf\n f /\\xff\\xfe', 'f /-rf 644\n f /e\\x20f 644\n f /\\xff\\xfe 644')
  check('the root', 'd ./ 700 @1:2\n f /a', 'd / 700 @1:2\n f /a 644')
  check('missing parents are implied', 'f /a/b/c', 'i /a\n i /a/b\n f /a/b/c 644')
  check('until they are listed', 'f /a/b/c\n d /a 700', 'd /a 700\n i /a/b\n f /a/b/c 644')
  check('whiteouts stay', 'f /.wh.a\n f /b/.wh..wh..opq', 'f /.wh.a 644\n i /b\n f /b/.wh..wh..opq 644')
  checkRefused('the root as a file', 'f .', 'TAR_INVALID: the root of the layer ("/") is not a directory')
  checkRefused(
    'the root as a symlink',
    'l / etc',
    'TAR_INVALID: the root of the layer ("/") is not a directory',
  )
  checkRefused('the root as a device', 'c /', 'TAR_INVALID: the root of the layer ("/") is not a directory')
  checkRefused(
    'out of the root',
    'f /a/../../b',
    'TAR_INVALID: the path "/a/../../b" leads out of its directory by ".."',
  )
})

describe('a later entry replaces an earlier one', () => {
  check('a file', 'f /a 644 1\n f /a 600 2', 'f /a 600 2')
  check('a directory by its metadata only', 'd /a 755\n f /a/f\n d /a 700', 'd /a 700\n f /a/f 644')
  check('a directory by a file', 'd /a 755\n f /a/f\n f /a', 'f /a 644')
  check('a directory by a symlink', 'f /a/f\n l /a b', 'l /a b')
  check('a file by a directory', 'f /a\n d /a 755\n f /a/f', 'd /a 755\n f /a/f 644')
  check(
    'a symlink by a directory',
    'd /b 755\n l /a b\n d /a 700\n f /a/f',
    'd /a 700\n f /a/f 644\n d /b 755',
  )
  check(
    'also where the last entry was in it',
    'f /a/b/f\n l /a c\n f /a/b/g',
    'l /a c\n i /c\n i /c/b\n f /c/b/g 644',
  )
})

describe('paths through symlinks of the layer are resolved inside it', () => {
  check('relative', 'd /a 755\n l /l a\n f /l/f', 'd /a 755\n f /a/f 644\n l /l a')
  check('absolute', 'd /a 755\n l /b/l /a\n f /b/l/f', 'd /a 755\n f /a/f 644\n i /b\n l /b/l /a')
  check('chained', 'd /a 755\n l /k a\n l /l k\n f /l/f', 'd /a 755\n f /a/f 644\n l /k a\n l /l k')
  check('to nothing', 'l /l no/where\n f /l/f', 'l /l no/where\n i /no\n i /no/where\n f /no/where/f 644')
  check('to the root', 'l /l /\n f /l/f', 'f /f 644\n l /l /')
  check('never out of it', 'l /l ../../../../a\n f /l/f', 'i /a\n f /a/f 644\n l /l ../../../../a')
  check('by way of what is not there', 'l /l no/../a\n f /l/f', 'i /a\n f /a/f 644\n l /l no/../a')
  check('by way of a file', 'f /x\n l /l x/../a\n f /l/f', 'i /a\n f /a/f 644\n l /l x/../a\n f /x 644')
  check(
    'again and again',
    'd /a 755\n l /l a\n f /l/f\n f /l/g\n f /a/h\n f /l/i',
    'd /a 755\n f /a/f 644\n f /a/g 644\n f /a/h 644\n f /a/i 644\n l /l a',
  )
  check('but whiteouts are not', 'd /a 755\n l /l a\n f /l/f\n f /l/.wh.x', 'd /a 755\n f /a/f 644\n l /l a')
  checkRefused('in circles', 'l /a b\n l /b a\n f /a/f', 'LAYER_CONFLICT: the symlinks of "a" go in circles')
  checkRefused('to itself', 'l /a a\n f /a/f', 'LAYER_CONFLICT: the symlinks of "a" go in circles')
  checkRefused(
    'to a file',
    'f /x\n l /l x\n f /l/f',
    'LAYER_CONFLICT: "/l/f" is below something that is not a directory',
  )
})

describe('paths through files', () => {
  checkRefused(
    'of files',
    'f /a\n f /a/f',
    'LAYER_CONFLICT: "/a/f" is below something that is not a directory',
  )
  checkRefused(
    'of directories',
    'f /a\n d /a/b/c 755',
    'LAYER_CONFLICT: "/a/b/c" is below something that is not a directory',
  )
  check('of whiteouts mean nothing', 'f /a\n f /a/.wh.b\n f /a/b/.wh..wh..opq', 'f /a 644')
})

describe('symlinks', () => {
  checkRefused('to nothing', 'l /a ', 'TAR_INVALID: the symlink "/a" points to nothing')
  checkRefused('with a NUL', 'l /a x\\x00y', 'TAR_INVALID: the symlink "/a" points to a name with a NUL byte')
  checkRefused(
    'too long',
    `l /a ${'x'.repeat(4096)}`,
    'LAYER_LIMIT: the target of the symlink "/a" has 4096 bytes, more than 4095',
  )
})

describe('what cannot be kept is reported', () => {
  test('devices and pipes, which take the place of what was there', () => {
    const builder = createLayer()
    for (const entry of entries(
      'd /dev 755\n c /dev/null\n b /dev/sda\n f /x\n p /x\n d /y 755\n f /y/f\n p y\n c /no/where',
    )) {
      builder.add(entry)
    }
    const { root, dropped } = builder.finish()
    expect(show(root)).toBe('d /dev 755\nc /dev/null\nb /dev/sda\ni /no\nc /no/where\np /x\np /y')
    expect(dropped).toEqual([
      { path: '/dev/null', type: 'char' },
      { path: '/dev/sda', type: 'block' },
      { path: '/x', type: 'fifo' },
      { path: 'y', type: 'fifo' },
      { path: '/no/where', type: 'char' },
    ])
  })

  test('a hard link to a device, before it and after it, and nothing that an entry replaces', () => {
    const builder = createLayer()
    for (const entry of entries('h /b /a\n c /a\n h /c /a\n f /c')) builder.add(entry)
    const { root, dropped } = builder.finish()
    expect(show(root)).toBe('c /a\nh /b /a\nf /c 644')
    expect(dropped.map(({ path }) => path)).toEqual(['/a', '/c', '/b'])
  })

  test('whiteouts that are not empty files', () => {
    const builder = createLayer()
    for (const entry of entries(
      'f /.wh.a\n f /.wh.b 644 x\n l /.wh.c x\n h /.wh.d .wh.a\n f /.wh..wh..opq 644 y',
    )) {
      builder.add(entry)
    }
    expect(builder.finish().oddWhiteouts).toEqual(['/.wh.b', '/.wh.c', '/.wh..wh..opq'])
  })
})

describe('limits', () => {
  test('on what a layer brings, implied directories counted', async () => {
    const builder = createLayer({ ...TREE_LIMITS, entries: 3 })
    for (const entry of entries('f /a/b\n f /c\n f /c 644 again\n d /a 700')) builder.add(entry)
    const [more] = entries('f /d')
    expect(await problemOf(() => builder.add(more!))).toBe(
      'LAYER_LIMIT: the layer has more than 3 files and directories',
    )
  })

  test('on depth, also by way of symlinks', async () => {
    const deep = 'd/'.repeat(1000)
    expect(await problemOf(() => layer(`l /l ${deep}\n f /l/${'e/'.repeat(30)}f`))).toMatch(
      /^LAYER_LIMIT: .* 1024 directories deep$/,
    )
  })

  test('deep trees are no trouble', () => {
    const tree = layer(`f /${'d/'.repeat(1023)}f`)
    expect(show(tree).split('\n')).toHaveLength(1024)
  })
})

test('the root of a layer that does not list it is implied', () => {
  expect(layer('f /a')).toMatchObject({ implied: true, meta: IMPLIED_META })
  expect(layer('d / 755')).toMatchObject({ implied: false })
})

test('17,000 entries are quick', () => {
  const text = Array.from({ length: 1000 }, (_, dir) => {
    const files = Array.from({ length: 16 }, (_, file) => `f /usr/share/package-${dir}/file-${file}`)
    return [`d /usr/share/package-${dir} 755`, ...files].join('\n')
  }).join('\n')
  const list = entries(text)
  const builder = createLayer()
  const began = performance.now()
  for (const entry of list) builder.add(entry)
  builder.finish()
  expect(performance.now() - began).toBeLessThan(60_000)
})
