import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CtrbuildError } from '../../src/errors.ts'
import { decodeCommit, encodeCommit } from '../../src/ostree/commit.ts'
import { decodeFilezHeader } from '../../src/ostree/content.ts'
import { array, byteString, bytes, decode, encode, text, tuple, u32, u64 } from '../../src/ostree/gvariant.ts'
import { decodeDirMeta, decodeDirTree, encodeDirMeta, encodeDirTree } from '../../src/ostree/objects.ts'
import type { Checksum } from '../../src/ostree/types.ts'
import { problemOf } from '../support/problem.ts'

const texts = array(text)
const CHECKSUM = 'ab'.repeat(32) as Checksum

describe('as in the examples of the specification', () => {
  test('an array of strings', () => {
    const bytes = encode(texts, ['i', 'can', 'has', 'strings?'])
    expect(bytes.toString('latin1')).toBe('i\0can\0has\0strings?\0\x02\x06\x0a\x13')
  })

  test('a tuple with padding', () => {
    const pair = tuple<[string, number]>(text, u32)
    expect(encode(pair, ['foo', 0xffffffff]).toString('latin1')).toBe('foo\0\xff\xff\xff\xff\x04')
    const odd = tuple<[string, number]>(text, u32)
    expect(encode(odd, ['no', 1]).toString('latin1')).toBe('no\0\0\0\0\0\x01\x03')
  })

  test('nothing takes no bytes', () => {
    expect(encode(texts, []).length).toBe(0)
    expect(decode(texts, Buffer.alloc(0), 'value')).toEqual([])
  })
})

test.each([
  [254 - 1, 1],
  [255 - 1, 2],
  [65_533 - 1, 2],
  [65_534 - 1, 4],
])('a string of %d bytes needs offsets of %d', (length, width) => {
  const value = ['x'.repeat(length)]
  const encoded = encode(texts, value)
  expect(encoded.length).toBe(length + 1 + width)
  expect(decode(texts, encoded, 'value')).toEqual(value)
})

test('what is written is read back', () => {
  const codec = array(
    tuple<[string, Buffer, number, string, number, Buffer]>(byteString, bytes, u64, text, u32, bytes),
  )
  const blob = fc.uint8Array({ maxLength: 400 }).map(data => Buffer.from(data))
  const name = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map(code => String.fromCharCode(code)) })
  const plain = fc.string({ unit: 'grapheme' }).filter(value => !value.includes('\0'))
  const value = fc.tuple(name, blob, fc.maxSafeNat(), plain, fc.nat(), blob)
  fc.assert(
    fc.property(fc.array(value), values => {
      expect(decode(codec, encode(codec, values), 'value')).toEqual(values)
    }),
    { numRuns: 200 },
  )
})

test.each([
  ['no NUL at the end', 'abc'],
  ['NUL inside', 'a\0b\0\x04'],
  ['an offset past the end', 'abc\0\x09'],
  ['offsets that go back', 'abc\0d\0\x06\x04'],
  ['wider offsets than needed', `a\0${'\x02\0'}`],
  ['a string that is not UTF-8', '\xff\0\x02'],
])('%s is refused', async (_, raw) => {
  expect(await problemOf(() => decode(texts, Buffer.from(raw, 'latin1'), 'value'))).toMatch(
    /^OBJECT_DAMAGED: value is malformed: /,
  )
})

test('padding must be zero', async () => {
  const pair = tuple<[string, number]>(text, u32)
  const raw = Buffer.from('no\0x\0\0\0\x01\x03', 'latin1')
  expect(await problemOf(() => decode(pair, raw, 'value'))).toContain('not in normal form')
})

test('a string cannot hold NUL', () => {
  expect(() => encode(text, 'a\0b')).toThrow('NUL')
  expect(() => encode(byteString, 'ā')).toThrow('byte')
})

test('damaged objects are refused or mean something else, and never anything worse', () => {
  const objects: [Buffer, (bytes: Buffer) => unknown][] = [
    [
      encodeDirTree(
        [
          ['a', CHECKSUM],
          ['b', CHECKSUM],
        ],
        [['d', CHECKSUM, CHECKSUM]],
      ),
      decodeDirTree,
    ],
    [encodeDirMeta({ uid: 1, gid: 2, mode: 0o755, xattrs: [['user.a', Buffer.from('b')]] }), decodeDirMeta],
    [
      encodeCommit({ tree: CHECKSUM, meta: CHECKSUM, metadata: { a: 'b', n: 5 }, subject: 's' }),
      decodeCommit,
    ],
    [Buffer.from('000000000000000a00000000000000000000a1ff00000000780018', 'hex'), decodeFilezHeader],
  ]
  const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 })
  for (const [object, read] of objects) {
    fc.assert(
      fc.property(damage, fc.nat(400), (changes, cut) => {
        const bytes = Buffer.from(object.subarray(0, Math.max(0, object.length - (cut % 40))))
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        try {
          read(bytes)
        } catch (error) {
          if (!(error instanceof CtrbuildError) || error.code !== 'OBJECT_DAMAGED') throw error
        }
      }),
      { numRuns: 500 },
    )
  }
})
