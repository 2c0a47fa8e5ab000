/** Whiteouts and opaque markers: names that would remove too much, odd ones, and any order within a layer. */
import { expect, test } from 'vitest'
import { settle } from '../../src/tree/settle.ts'
import { union, unionAdd } from '../../src/tree/union.ts'
import type { TarInput } from '../support/tar-writer.ts'
import { layer, lines, show } from '../support/tree.ts'
import { type Case, testCases } from './field.ts'

const f = (path: string, text = path): TarInput => ({ path, type: 'file', content: Buffer.from(text) })
const dir = (path: string): TarInput => ({ path, type: 'dir' })
const empty = (path: string): TarInput => ({ path, type: 'file' })
const BASE = [dir('a'), f('a/foo'), f('a/bar')]
const WHOLE = 'd /a 755\nf /a/bar 644 a/bar\nf /a/foo 644 a/foo'
const WITHOUT_FOO = 'd /a 755\nf /a/bar 644 a/bar'

const over = (above: readonly TarInput[], becomes: Case['becomes'], warns?: RegExp): Case => ({
  layers: () => [BASE, above],
  becomes,
  ...(warns && { warns }),
})

testCases({
  'of nothing': over([empty('a/.wh.')], /^TAR_INVALID: .* is a whiteout of nothing/),
  'of the directory': over([empty('a/.wh..')], /^TAR_INVALID: .* is a whiteout of "\."/),
  'of the directory above': over([empty('a/.wh...')], /^TAR_INVALID: .* is a whiteout of "\.\."/),
  'of the root': over([empty('.wh..')], /^TAR_INVALID: .* is a whiteout of "\."/),
  'of what is above the root': over([empty('.wh...')], /^TAR_INVALID: .* is a whiteout of "\.\."/),
  'of more dots, which are a name': over([empty('a/.wh....')], WHOLE),
  'by a path that leads out': over([empty('../.wh.victim')], /^TAR_INVALID: .*leads out/),
  'with a path in it': over([empty('.wh.a/foo')], `d /.wh.a 755\nf /.wh.a/foo 644\n${WHOLE}`),
  'with content': over(
    [f('a/.wh.foo', 'odd content')],
    WITHOUT_FOO,
    /not empty files, but whiteouts .*a\/\.wh\.foo/,
  ),
  'that is a symbolic link': over(
    [{ path: 'a/.wh.foo', type: 'symlink', target: 'bar' }],
    WITHOUT_FOO,
    /not empty files, but whiteouts .*a\/\.wh\.foo/,
  ),
  'that is a directory': over(
    [dir('a/.wh.foo')],
    `${WHOLE.replace('f /a/bar', 'd /a/.wh.foo 755\nf /a/bar')}`,
  ),
  'that is a device': over(
    [{ path: 'a/.wh.foo', type: 'char', device: [0, 0] }],
    WITHOUT_FOO,
    /not empty files.*a\/\.wh\.foo/,
  ),
  'hard links of each other': over(
    [empty('a/.wh.foo'), { path: 'a/.wh.bar', type: 'hardlink', target: 'a/.wh.foo' }],
    'd /a 755',
  ),
  "AUFS's own names": over(
    [empty('.wh..wh.aufs'), dir('.wh..wh.plnk'), f('.wh..wh.plnk/1.2', 'link'), empty('.wh..wh..opq')],
    'd /.wh..wh.plnk 755\nf /.wh..wh.plnk/1.2 644 link',
  ),
  'in the lowest layer': {
    layers: () => [[empty('.wh.x'), empty('a/.wh..wh..opq'), f('a/b')]],
    becomes: 'd /a 755\nf /a/b 644 a/b',
  },
  'of the way to another': over(
    [empty('.wh.a'), empty('a/.wh.foo'), f('a/new')],
    'd /a 755\nf /a/new 644 a/new',
  ),
  'a file in place of a directory': over([f('a')], 'f /a 644 a'),
  'a link in place of a directory': over([{ path: 'a', type: 'symlink', target: '/etc' }], 'l /a /etc'),
  'a directory in place of a file': over(
    [dir('a/foo'), f('a/foo/x')],
    'd /a 755\nf /a/bar 644 a/bar\nd /a/foo 755\nf /a/foo/x 644 a/foo/x',
  ),
  // Also what overlay file systems write for a file that was removed.
  'a device in place of a file': over(
    [{ path: 'a/foo', type: 'char', device: [0, 0] }],
    WITHOUT_FOO,
    /special files .*a\/foo/,
  ),
  'a pipe in place of a directory': over([{ path: 'a', type: 'fifo' }], '', /special files .*a \(fifo\)/),
  'a hard link to a device': over(
    [
      { path: 'b', type: 'char' },
      { path: 'a/foo', type: 'hardlink', target: 'b' },
    ],
    WITHOUT_FOO,
    /special files .*b \(char\), a\/foo \(char\)/,
  ),
  'a file below a device': over(
    [{ path: 'a/foo', type: 'char' }, f('a/foo/x')],
    /^LAYER_CONFLICT: "a\/foo\/x" is below something that is not a directory/,
  ),
  'a file below a device of a lower layer': {
    layers: () => [BASE, [{ path: 'a', type: 'fifo' }], [f('a/x')]],
    becomes: /^LAYER_CONFLICT: "a" has files, but "a" below is not a directory/,
  },
  'a hard link to a device of a lower layer': {
    layers: () => [
      BASE,
      [{ path: 'a/bar', type: 'fifo' }],
      [{ path: 'a/foo', type: 'hardlink', target: 'a/bar' }],
    ],
    becomes: 'd /a 755',
  },
  'a directory in place of a link, as usr-merge undone': {
    layers: () => [
      [dir('usr'), dir('usr/bin'), f('usr/bin/sh'), { path: 'bin', type: 'symlink', target: 'usr/bin' }],
      [dir('bin'), f('bin/ls')],
    ],
    becomes: 'd /bin 755\nf /bin/ls 644 bin/ls\nd /usr 755\nd /usr/bin 755\nf /usr/bin/sh 644 usr/bin/sh',
  },
})

/** Layers over one that has `/a/foo`, `/a/bar` and `/a/d/e`; what each comes to, whatever the order of its entries. */
test.each<[name: string, above: string, becomes: string]>([
  [
    'opaque, with siblings',
    'd /a 755\nf /a/.wh..wh..opq\nf /a/new 644 1\nf /a/d/x 644 2',
    'd /a 755\nd /a/d 755\nf /a/d/x 644 2\nf /a/new 644 1',
  ],
  [
    'whiteout and the file anew',
    'd /a 755\nf /a/.wh.foo\nf /a/foo 644 3\nf /a/new 644 1',
    'd /a 755\nf /a/bar 644 b\nd /a/d 755\nf /a/d/e 644 e\nf /a/foo 644 3\nf /a/new 644 1',
  ],
  [
    'whiteout of a directory that comes anew',
    'f /.wh.a\nd /a 700\nf /a/d/x 644 2\nf /a/.wh.bar',
    'd /a 700\nd /a/d 755\nf /a/d/x 644 2',
  ],
  [
    'opaque root',
    'f /.wh..wh..opq\nd /b 711\nf /b/f 644 1\nf /a/foo 644 2',
    'd /a 755\nf /a/foo 644 2\nd /b 711\nf /b/f 644 1',
  ],
  [
    'opaque and whiteouts',
    'd /a 755\nf /a/.wh..wh..opq\nf /a/.wh.foo\nf /a/foo 644 3\nf /a/d/.wh.e',
    'd /a 755\nf /a/foo 644 3',
  ],
])('in any order: %s', (_, above, becomes) => {
  const base = layer('d /a 755\nf /a/foo 644 f\nf /a/bar 644 b\nd /a/d 755\nf /a/d/e 644 e')
  const orders = permutations(lines(above))
  expect(orders.length).toBeGreaterThanOrEqual(24)
  for (const order of orders) {
    const settled = settle([base, layer(order.join('\n'))])
    for (const merge of [union, unionAdd]) expect(show(merge(settled)), order.join('\n')).toBe(becomes)
  }
})

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map(rest => [item, ...rest]))
}
