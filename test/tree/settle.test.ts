/** What a layer's paths mean on top of the layers below it. */
import { describe, expect, test } from 'vitest'
import { settle, settleLayer } from '../../src/tree/settle.ts'
import { problemOf } from '../support/problem.ts'
import { layer, lines, merged, show } from '../support/tree.ts'

/** The topmost of some layers, settled on the others. */
function check(name: string, layers: readonly string[], expected: string): void {
  test(name, () => {
    expect(show(settle(layers.map(layer)).at(-1)!)).toBe(lines(expected).join('\n'))
  })
}

function checkUnion(name: string, layers: readonly string[], expected: string): void {
  test(name, () => {
    expect(merged(...layers)).toBe(lines(expected).join('\n'))
  })
}

function checkRefused(name: string, layers: readonly string[], problem: string): void {
  test(name, async () => {
    expect(await problemOf(() => settle(layers.map(layer)))).toBe(problem)
  })
}

test('a layer that nothing below touches stays the same value', () => {
  const lower = layer('d /a 755\n l /l a\n f /a/f')
  const upper = layer('f /a/g\n d /b 755\n f /a/.wh.f\n d /l 755\n f /l/x')
  expect(settleLayer(upper, [lower])).toBe(upper)
})

test('what is not touched in it stays the same value', () => {
  const upper = layer('f /l/g\n d /b 755\n f /b/f')
  const settled = settleLayer(upper, [layer('d /a 755\n l /l a')])
  expect(settled.children.get('b')).toBe(upper.children.get('b'))
})

describe('an implied directory on a symlink goes where the symlink leads', () => {
  const BASE = 'd /a 700\n f /a/f'
  check('relative', [`${BASE}\n l /l a`, 'f /l/g'], 'i /a\n f /a/g 644')
  check('absolute', [`${BASE}\n l /b/l /a`, 'f /b/l/g'], 'i /a\n f /a/g 644\n i /b')
  check('chained', [`${BASE}\n l /k a\n l /l k`, 'f /l/g'], 'i /a\n f /a/g 644')
  check('through several layers', [BASE, 'l /k a', 'l /l k', 'f /l/g'], 'i /a\n f /a/g 644')
  check('to the root', ['l /l /', 'f /l/g'], 'f /g 644')
  check('never out of the root', [`${BASE}\n l /l ../../../../a`, 'f /l/g'], 'i /a\n f /a/g 644')
  check('to what is not there', ['l /l no/where', 'f /l/g'], 'i /no\n i /no/where\n f /no/where/g 644')
  check('deeper ones too', [`${BASE}\n l /a/l /b\n l /l a`, 'f /l/l/g'], 'i /b\n f /b/g 644')
  check(
    'joining what is there already',
    [`${BASE}\n l /l a`, 'f /l/g\n d /a 711\n f /a/h'],
    'd /a 711\n f /a/g 644\n f /a/h 644',
  )
  check(
    'with what it has',
    [`${BASE}\n l /l a`, 'd /l/d 711\n f /l/d/e\n l /l/s x'],
    'i /a\n d /a/d 711\n f /a/d/e 644\n l /a/s x',
  )
  check(
    'with its whiteouts',
    [`${BASE}\n l /l a`, 'f /l/.wh.f\n f /l/g'],
    'i /a\n f /a/.wh.f 644\n f /a/g 644',
  )
  check(
    'by symlinks of its own layer',
    [`${BASE}\n l /l k\n d /k 755`, 'l /k a\n f /l/g'],
    'i /a\n f /a/g 644\n l /k a',
  )
  check(
    'in a directory that its own layer makes',
    ['f /a\n l /l a/b', 'd /a 755\n f /l/g'],
    'd /a 755\n i /a/b\n f /a/b/g 644',
  )
})

describe('but not', () => {
  check(
    'where the layer lists the directory',
    ['d /a 755\n l /l a', 'd /l 700\n f /l/g'],
    'd /l 700\n f /l/g 644',
  )
  check('also after what is in it', ['d /a 755\n l /l a', 'f /l/g\n d /l 700'], 'd /l 700\n f /l/g 644')
  check(
    'where the layer whites the symlink out',
    ['d /a 755\n l /l a', 'f /l/g\n f /.wh.l'],
    'f /.wh.l 644\n i /l\n f /l/g 644',
  )
  check(
    'in an opaque directory',
    ['d /a 755\n l /d/l /a', 'd /d 755\n f /d/.wh..wh..opq\n f /d/l/g'],
    'd /d 755\n f /d/.wh..wh..opq 644\n i /d/l\n f /d/l/g 644',
  )
  check(
    'where another layer hid the symlink',
    ['d /a 755\n l /l a', 'f /.wh.l', 'f /l/g'],
    'i /l\n f /l/g 644',
  )
})

describe('whiteouts go by what is below alone', () => {
  check(
    'whatever the layer makes of the symlink',
    ['d /a 755\n d /b 755\n l /k a\n l /l k', 'l /k b\n f /l/.wh.f\n f /l/g'],
    'i /a\n f /a/.wh.f 644\n i /b\n f /b/g 644\n l /k b',
  )
  check(
    'and first',
    ['d /a 755\n l /a/l /b\n l /m /a', 'f /m/.wh.l\n f /a/l/g'],
    'i /a\n f /a/.wh.l 644\n i /a/l\n f /a/l/g 644',
  )
  check('and mean nothing below a file', ['f /a', 'f /a/b/.wh.c'], '')
  check('or below nothing', ['f /a', 'f /b/c/.wh.d\n f /b/e/.wh..wh..opq'], '')
  check('next to what does mean something', ['f /a', 'f /b/c/.wh.d\n f /b/e'], 'i /b\n f /b/e 644')
})

describe('one path named twice: the one without symlinks wins', () => {
  checkUnion(
    'files',
    ['d /a 755\n l /l a', 'f /l/f 644 1\n f /a/f 644 2'],
    'd /a 755\n f /a/f 644 2\n l /l a',
  )
  checkUnion(
    'files, the other way round',
    ['d /a 755\n l /l a', 'f /a/f 644 2\n f /l/f 644 1'],
    'd /a 755\n f /a/f 644 2\n l /l a',
  )
  checkUnion(
    'directories',
    ['d /a 755\n l /l a', 'd /l/d 700\n f /l/d/x\n d /a/d 711\n f /a/d/y'],
    'd /a 755\n d /a/d 711\n f /a/d/x 644\n f /a/d/y 644\n l /l a',
  )
  checkUnion(
    'a directory and a file',
    ['d /a 755\n l /l a', 'd /l/d 700\n f /l/d/x\n f /a/d'],
    'd /a 755\n f /a/d 644\n l /l a',
  )
  checkUnion(
    'a file and an implied directory',
    ['d /a 755\n l /l a', 'f /l/d\n f /a/d/x'],
    'd /a 755\n d /a/d 755\n f /a/d/x 644\n l /l a',
  )
  checkUnion(
    'a file, and whiteouts below it',
    ['d /a 755\n f /a/d/x\n l /l a', 'f /l/d\n f /a/d/.wh.x'],
    'd /a 755\n f /a/d 644\n l /l a',
  )
})

describe('a hard link to a lower layer', () => {
  checkUnion('shares its file', ['f /a 644 x', 'h /b a'], 'f /a 644 x\n h /b /a')
  checkUnion('shares its symlink', ['l /a x', 'h /b a'], 'l /a x\n h /b /a')
  checkUnion(
    'goes through symlinked directories',
    ['f /d/a\n l /l /d', 'h /b l/a'],
    'f /b 644\n d /d 755\n h /d/a /b\n l /l /d',
  )
  checkUnion('goes to the topmost file', ['f /a 644 1', 'f /a 644 2', 'h /b a'], 'f /a 644 2\n h /b /a')
  checkUnion('in a chain', ['f /a', 'h /b a', 'h /c b'], 'f /a 644\n h /b /a\n h /c /a')
  checkUnion('and is all that is left of it', ['f /a 644 x', 'h /b a\n f /.wh.a'], 'f /b 644 x')
  checkUnion(
    'whose directory lies on a symlink',
    ['f /a\n d /d 755\n l /l d', 'h /l/b a'],
    'f /a 644\n d /d 755\n h /d/b /a\n l /l d',
  )
  checkUnion(
    'means what its own layer brings, by another path',
    ['f /d/a 644 1\n l /l d', 'f /d/a 644 2\n h /b l/a'],
    'f /b 644 2\n d /d 755\n h /d/a /b\n l /l d',
  )
  checkUnion(
    'means a lower file where the layer only implies a directory',
    ['l /a d\n d /d 755', 'f /a/x\n h /b a'],
    'l /a d\n h /b /a\n d /d 755\n f /d/x 644',
  )
  checkRefused(
    'that is not there',
    ['f /a', 'h /b c/d'],
    'LAYER_CONFLICT: "b" cannot be a hard link to "c/d", which neither this layer nor those below it have',
  )
  checkRefused(
    'that is a directory',
    ['d /a 755', 'h /b a'],
    'LAYER_CONFLICT: "b" cannot be a hard link to "a", which is a directory',
  )
  checkRefused(
    'that another layer removed',
    ['f /a', 'f /.wh.a', 'h /b a'],
    'LAYER_CONFLICT: "b" cannot be a hard link to "a", which neither this layer nor those below it have',
  )
  checkRefused(
    'in circles',
    ['l /l .', 'h /a l/b\n h /b l/a'],
    'LAYER_CONFLICT: "a" cannot be a hard link to "l/b", which is a hard link to it',
  )
  checkRefused(
    'through circles',
    ['l /l l', 'h /a l/b'],
    'LAYER_CONFLICT: "a" cannot be a hard link to "l/b", where symlinks go in circles',
  )
})

describe('what cannot be put anywhere is refused', () => {
  checkRefused(
    'files below a file',
    ['f /a', 'f /a/b'],
    'LAYER_CONFLICT: "a" has files, but "a" below is not a directory',
  )
  checkRefused(
    'files below a symlink to a file',
    ['f /a\n l /l a', 'f /l/b/c'],
    'LAYER_CONFLICT: "l" has files, but "a" below is not a directory',
  )
  checkRefused(
    'symlinks in circles',
    ['l /a b\n l /b a', 'f /a/f'],
    'LAYER_CONFLICT: the symlinks of "a" go in circles',
  )
  checkRefused(
    'whiteouts by symlinks in circles',
    ['l /a a', 'f /a/.wh.f'],
    'LAYER_CONFLICT: the symlinks of "a" go in circles',
  )
  checkRefused(
    'more than 40 symlinks',
    [Array.from({ length: 41 }, (_, at) => `l /l${at} l${at + 1}`).join('\n'), 'f /l0/f'],
    'LAYER_CONFLICT: the symlinks of "l0" go in circles',
  )

  test('trees that grow too deep layer by layer', async () => {
    const deep = 'd/'.repeat(1000)
    const below = layer(`d /${deep} 755\n l /l /${deep}\n l /m /l/${deep}`)
    const layers = [below, layer(`d /l/${deep} 755`), layer(`f /m/${'e/'.repeat(50)}f`)]
    expect(await problemOf(() => settle(layers.slice(0, 2)))).toBe('nothing wrong')
    expect(await problemOf(() => settle(layers))).toMatch(
      /^LAYER_LIMIT: .* is more than 2047 directories deep$/,
    )
  })
})
