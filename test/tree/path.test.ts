/** Which names archives may have. */
import { describe, expect, test } from 'vitest'
import { joinPath, MAX_DEPTH, parseEntryPath, splitPath } from '../../src/tree/path.ts'
import { problemOf } from '../support/problem.ts'

describe('a path is taken apart', () => {
  test.each([
    ['a', ['a']],
    ['a/b', ['a', 'b']],
    ['/a/b', ['a', 'b']],
    ['./a', ['a']],
    ['a/', ['a']],
    ['//a//./b//', ['a', 'b']],
    ['.', []],
    ['./', []],
    ['/', []],
    ['/.', []],
    ['...', ['...']],
    ['..a/b..', ['..a', 'b..']],
    [' /-rf/\n/\xff', [' ', '-rf', '\n', '\xff']],
    ['.wh.a', ['.wh.a']],
    ['.wh....', ['.wh....']],
    ['.wh..wh..opq', ['.wh..wh..opq']],
    ['.wh..wh.plnk/1', ['.wh..wh.plnk', '1']],
    ['n'.repeat(255), ['n'.repeat(255)]],
  ])('%j', (raw, names) => {
    expect(parseEntryPath(raw)).toEqual(names)
  })
})

describe('a path is refused', () => {
  test.each([
    ['', 'TAR_INVALID: the layer has an entry without a name'],
    ['..', 'TAR_INVALID: the path ".." leads out of its directory by ".."'],
    ['../a', 'TAR_INVALID: the path "../a" leads out of its directory by ".."'],
    ['a/../b', 'TAR_INVALID: the path "a/../b" leads out of its directory by ".."'],
    ['a/../../b', 'TAR_INVALID: the path "a/../../b" leads out of its directory by ".."'],
    ['/..', 'TAR_INVALID: the path "/.." leads out of its directory by ".."'],
    ['a/..', 'TAR_INVALID: the path "a/.." leads out of its directory by ".."'],
    ['a\0b', 'TAR_INVALID: the path "a\\x00b" has a NUL byte'],
    ['\x1b[2J/..', 'TAR_INVALID: the path "\\x1b[2J/.." leads out of its directory by ".."'],
    ['a/.wh.', 'TAR_INVALID: the path "a/.wh." is a whiteout of nothing'],
    ['a/.wh./b', 'TAR_INVALID: the path "a/.wh./b" is a whiteout of nothing'],
    ['.wh..', 'TAR_INVALID: the path ".wh.." is a whiteout of "."'],
    ['.wh...', 'TAR_INVALID: the path ".wh..." is a whiteout of ".."'],
    [`a/${'n'.repeat(256)}`, `LAYER_LIMIT: "a/${'n'.repeat(198)}…" has a name of 256 bytes, more than 255`],
  ])('%j', async (raw, problem) => {
    expect(await problemOf(() => parseEntryPath(raw))).toBe(problem)
  })

  test('when it is too deep', async () => {
    const deep = 'd/'.repeat(MAX_DEPTH)
    expect(parseEntryPath(deep)).toHaveLength(MAX_DEPTH)
    expect(await problemOf(() => parseEntryPath(`${deep}d`))).toMatch(
      /^LAYER_LIMIT: .* is more than 2047 directories deep$/,
    )
  })
})

test('other paths keep ".." and lose "."', () => {
  expect(splitPath('/a/./../b//')).toEqual(['a', '..', 'b'])
  expect(joinPath(['a', 'b'])).toBe('a/b')
})
