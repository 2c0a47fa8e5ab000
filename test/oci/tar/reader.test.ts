import { describe, expect, it } from 'vitest'
import { readTar } from '../../../src/oci/tar/reader.ts'
import { bytesOf } from '../../../src/tree/node.ts'
import { padded, paxHeader, paxRecord, tarHeader, writeTar } from '../../support/tar-writer.ts'
import { archive, END, file, GNU, long } from './parts.ts'
import { chunked, type ReadEntry, readAll } from './reading.ts'

const only = (tar: Buffer): ReadEntry => {
  const entries = readAll(tar)
  expect(entries).toHaveLength(1)
  return entries[0]!
}

describe('what is read', () => {
  it('gives every field of an entry', () => {
    const content = Buffer.from('hello')
    const xattrs = [
      ['user.b', Buffer.from([0, 255, 10, 61])],
      ['user.a', Buffer.alloc(0)],
    ] as const
    const tar = writeTar([{ path: 'f', type: 'file', mode: 0o6751, uid: 7, gid: 5_000_000, content, xattrs }])
    expect(readAll(tar)).toEqual([
      {
        path: 'f',
        type: 'file',
        mode: 0o6751,
        uid: 7,
        gid: 5_000_000,
        size: 5,
        linkTarget: '',
        xattrs: [xattrs[1], xattrs[0]],
        content,
      },
    ])
  })

  it.each([
    ['0', 'f', 'file'],
    ['\0', 'f', 'file'],
    ['7', 'f', 'file'],
    ['Z', 'f', 'file'],
    ['0', 'd/', 'dir'],
    ['\0', 'd/', 'dir'],
    ['1', 'f', 'hardlink'],
    ['2', 'f', 'symlink'],
    ['3', 'f', 'char'],
    ['4', 'f', 'block'],
    ['5', 'd', 'dir'],
    ['D', 'd/', 'dir'],
    ['6', 'f', 'fifo'],
  ])('takes typeflag %j of %s for a %s', (typeflag, name, type) => {
    const isLink = type === 'hardlink' || type === 'symlink'
    const entry = only(archive(tarHeader({ name, typeflag, linkname: 't' })))
    expect(entry).toMatchObject({ path: name, type, linkTarget: isLink ? 't' : '' })
  })

  it.each(['1', '2', '3', '4', '5', '6'])(
    'takes no content after typeflag %s, whatever its size',
    typeflag => {
      const entries = readAll(
        archive(tarHeader({ name: 'a', typeflag, linkname: 't', size: 600 }), file('b')),
      )
      expect(entries.map(({ path, size }) => [path, size])).toEqual([
        ['a', 0],
        ['b', 0],
      ])
    },
  )

  it.each(['0', 'D'])('passes over the content of a directory with typeflag %s', typeflag => {
    const dir = tarHeader({ name: 'd/', typeflag, size: 600 })
    const entries = readAll(archive(dir, padded(Buffer.alloc(600, 'x')), file('b')))
    expect(entries.map(({ path, type, size }) => [path, type, size])).toEqual([
      ['d/', 'dir', 0],
      ['b', 'file', 0],
    ])
  })

  it.each<[string, string, Buffer[]]>([
    ['a ustar prefix', 'p/q/n', [file('n', { prefix: 'p/q' })]],
    ['no prefix in v7', 'n', [file('n', { prefix: 'p/q', magic: '' })]],
    [
      'no prefix where GNU has times',
      'n',
      [file('n', { prefix: '00000000000\x0000000000000\0', magic: GNU })],
    ],
    ["the prefix of old Go's GNU headers", 'p/q/n', [file('n', { prefix: 'p/q', magic: GNU })]],
    ['a name without NUL', 'n'.repeat(100), [file('n'.repeat(100))]],
    ['a GNU long name', 'xy/'.repeat(99), [long('L', `${'xy/'.repeat(99)}\0`), file('x')]],
    ['a GNU long name without NUL', 'abc', [long('L', 'abc'), file('x')]],
    ['a pax path', 'p', [paxHeader([paxRecord('path', 'p')]), file('x')]],
    [
      'the later of two pax paths',
      'q',
      [paxHeader([paxRecord('path', 'p'), paxRecord('path', 'q')]), file('x')],
    ],
    [
      'a pax path over a global one',
      'p',
      [paxHeader([paxRecord('path', 'g')], 'g'), paxHeader([paxRecord('path', 'p')]), file('x')],
    ],
    ['a global pax path', 'g', [paxHeader([paxRecord('path', 'g')], 'g'), file('x')]],
    [
      'a long name and a pax path that agree',
      'p',
      [long('L', 'p\0'), paxHeader([paxRecord('path', 'p')]), file('x')],
    ],
    ['bytes that are not UTF-8', '\xff\xfe', [file('\xff\xfe')]],
    ['a volume label before it', 'x', [tarHeader({ name: 'label', typeflag: 'V', magic: GNU }), file('x')]],
  ])('finds a path in %s', (_, path, parts) => {
    expect(only(archive(...parts)).path).toBe(path)
  })

  it.each<[string, Buffer[]]>([
    ['the header', [tarHeader({ name: 'l', typeflag: '2', linkname: 'target' })]],
    ['a GNU long link', [long('K', 'target\0'), tarHeader({ name: 'l', typeflag: '2', linkname: 'x' })]],
    ['pax', [paxHeader([paxRecord('linkpath', 'target')]), tarHeader({ name: 'l', typeflag: '1' })]],
    [
      'both GNU long kinds',
      [long('K', 'target\0'), long('L', 'l\0'), tarHeader({ name: 'x', typeflag: '1' })],
    ],
  ])("finds a link's target in %s", (_, parts) => {
    expect(only(archive(...parts))).toMatchObject({ path: 'l', linkTarget: 'target' })
  })

  it('takes numbers from pax over those of the header', () => {
    const pax = paxHeader([paxRecord('size', '5'), paxRecord('uid', '3000000000'), paxRecord('gid', '08')])
    const entry = only(archive(pax, file('f', { size: 0, uid: 1 }), padded(Buffer.from('hello'))))
    expect(entry).toMatchObject({ size: 5, uid: 3_000_000_000, gid: 8, content: Buffer.from('hello') })
  })

  it('keeps global records until they are taken back', () => {
    const tar = archive(
      paxHeader([paxRecord('uid', '9'), paxRecord('gid', '8'), paxRecord('SCHILY.xattr.user.g', 'v')], 'g'),
      file('a'),
      paxHeader([paxRecord('uid', '1'), paxRecord('SCHILY.xattr.user.a', 'w')]),
      file('b'),
      paxHeader([paxRecord('uid', ''), paxRecord('comment', 'x')], 'g'),
      file('c', { uid: 4 }),
    )
    const owners = readAll(tar).map(({ uid, gid, xattrs }) => [uid, gid, xattrs.map(([name]) => name).join()])
    expect(owners).toEqual([
      [9, 8, 'user.g'],
      [1, 8, 'user.a,user.g'],
      [4, 8, 'user.g'],
    ])
  })

  it("reads libarchive's extended attributes, and binary ones of both kinds", () => {
    const value = Buffer.from([0x80, 0xff, 0, 0x0a, 0x3d, 0xc3, 0x28])
    const pax = paxHeader([
      paxRecord('LIBARCHIVE.xattr.user.a%3Db%25', value.toString('base64').replace(/=+$/, '')),
      paxRecord('SCHILY.xattr.security.capability', value),
      paxRecord(`SCHILY.xattr.user.${bytesOf('ü')}`, ''),
    ])
    expect(only(archive(pax, file('f'))).xattrs).toEqual([
      ['security.capability', value],
      ['user.a=b%', value],
      [`user.${bytesOf('ü')}`, Buffer.alloc(0)],
    ])
  })

  it('accepts a checksum of signed bytes', () => {
    const header = file('\xff')
    const unsigned = Number.parseInt(header.toString('latin1', 148, 154), 8)
    header.write((unsigned - 256).toString(8).padStart(6, '0'), 148, 'latin1')
    expect(only(archive(header)).path).toBe('\xff')
  })
})

describe('the end of an archive', () => {
  const whole = file('f', { size: 3 })
  it.each<[string, Buffer[]]>([
    ['two zero blocks', [whole, padded(Buffer.from('abc')), END]],
    ['two zero blocks and anything', [whole, padded(Buffer.from('abc')), END, Buffer.alloc(700, 'junk')]],
    ['one zero block', [whole, padded(Buffer.from('abc')), Buffer.alloc(512)]],
    ['no zero block', [whole, padded(Buffer.from('abc'))]],
  ])('is %s', (_, parts) => {
    expect(readAll(Buffer.concat(parts)).map(entry => entry.content.toString())).toEqual(['abc'])
  })

  it('may be where it begins', () => {
    expect(readAll(Buffer.alloc(0))).toEqual([])
  })

  it('is drained', () => {
    let pulled = 0
    const source = { next: () => (pulled < 40 ? Buffer.alloc(512, pulled++ > 5 ? 1 : 0) : undefined) }
    expect([...readTar(source)]).toEqual([])
    expect(pulled).toBe(40)
  })
})

describe('bodies', () => {
  const tar = writeTar([
    { path: 'a', type: 'file', content: Buffer.alloc(1000, 'a') },
    { path: 'b', type: 'file', content: Buffer.from('b') },
  ])

  it('may be left unread or half read', () => {
    const paths: string[] = []
    for (const entry of readTar(chunked(tar, [100]))) {
      paths.push(entry.path)
      entry.body.next()
    }
    expect(paths).toEqual(['a', 'b'])
  })

  it('cannot be read when the next entry was asked for', () => {
    const entries = readTar(chunked(tar))
    const first = entries.next().value!
    entries.next()
    expect(() => first.body.next()).toThrow('only until the next entry')
  })

  it('may lie in shared memory', () => {
    const shared = Buffer.from(new SharedArrayBuffer(tar.length))
    tar.copy(shared)
    expect(readAll(shared, [777]).map(({ content }) => content.length)).toEqual([1000, 1])
    const [entry] = readTar({ next: () => shared })
    expect(entry!.body.next()!.toString()).toBe('a'.repeat(1000))
  })

  it("are the source's own bytes", () => {
    const [entry] = readTar({ next: () => tar })
    expect(entry!.body.next()!.buffer).toBe(tar.buffer)
  })
})
