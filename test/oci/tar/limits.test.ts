import { describe, expect, it } from 'vitest'
import { TAR_LIMITS, type TarLimits } from '../../../src/oci/tar/limits.ts'
import { readTar } from '../../../src/oci/tar/reader.ts'
import { paxHeader, paxRecord, sealHeader, tarHeader, writeTar } from '../../support/tar-writer.ts'
import { archive, file, GNU, long } from './parts.ts'
import { readAll } from './reading.ts'

const withXattr = (length: number): Buffer =>
  writeTar([{ path: 'f', type: 'file', xattrs: [['user.a', Buffer.alloc(length)]] }])
const manyFiles = writeTar(
  Array.from({ length: 9 }, (_, index) => ({ path: `f${index}`, type: 'file' as const })),
)
const sparse = archive(
  paxHeader([paxRecord('GNU.sparse.size', '1000000'), paxRecord('GNU.sparse.map', '5,0')]),
  file('f'),
)

describe('limits', () => {
  it.each<[keyof TarLimits, number, Buffer]>([
    ['entries', 9, manyFiles],
    ['pathBytes', 300, writeTar([{ path: 'abc/'.repeat(75), type: 'dir' }])],
    ['pathBytes', 300, writeTar([{ path: 'l', type: 'symlink', target: 'x'.repeat(300) }])],
    ['pathBytes', 300, writeTar([{ path: 'l', type: 'hardlink', target: 'abc/'.repeat(75) }])],
    ['componentBytes', 200, writeTar([{ path: `a/${'b'.repeat(200)}/c`, type: 'file' }])],
    ['componentBytes', 200, writeTar([{ path: 'l', type: 'hardlink', target: `a/${'b'.repeat(200)}` }])],
    ['xattrBytes', 5000, withXattr(5000)],
    ['headerSize', 5026, withXattr(5000)],
    ['headerSize', 400, archive(long('L', 'abc/'.repeat(100)), file('f'))],
    [
      'headerSize',
      18,
      archive(paxHeader([paxRecord('uid', '11')], 'g'), paxHeader([paxRecord('uid', '12')], 'g')),
    ],
    ['layerSize', manyFiles.length, manyFiles],
    ['layerSize', 1_000_000 + sparse.length, sparse],
  ])('%s of %i is kept and not passed', (name, most, tar) => {
    const read = (limit: number) => (): unknown =>
      readAll(tar, [tar.length], { ...TAR_LIMITS, [name]: limit })
    expect(read(most)).not.toThrow()
    expect(read(most - 1)).toThrow(
      expect.objectContaining({
        code: 'LAYER_LIMIT',
        message: expect.stringContaining(`limit ${name} of ${most - 1}`),
      }),
    )
  })

  it('lets a symlink have any component', () => {
    const tar = writeTar([{ path: 'l', type: 'symlink', target: 'x'.repeat(999) }])
    expect(readAll(tar)[0]!.linkTarget).toHaveLength(999)
  })

  it('counts attributes of a global header for each entry', () => {
    const global = paxHeader([paxRecord('SCHILY.xattr.user.a', 'x'.repeat(60_000))], 'g')
    const tar = archive(global, ...Array.from({ length: 100 }, () => file('f')))
    const limits = { ...TAR_LIMITS, layerSize: 3_000_000 }
    expect(() => readAll(tar, [tar.length], limits)).toThrow('limit layerSize')
  })

  it.each(['x', 'g', 'L', 'K'])('refuses a %s header of 1 GiB before it reads it', typeflag => {
    let pulled = 0
    const header = tarHeader({
      name: 'x',
      typeflag,
      size: 1024 ** 3,
      magic: typeflag < 'a' ? GNU : 'ustar\x0000',
    })
    const source = { next: () => (pulled++ === 0 ? header : Buffer.alloc(1 << 20)) }
    expect(() => [...readTar(source)]).toThrow('limit headerSize')
    expect(pulled).toBe(1)
  })

  it('refuses an endless chain of sparse maps', () => {
    const header = tarHeader({ name: 'f', typeflag: 'S', magic: GNU })
    header[482] = 1
    const more = Buffer.alloc(512)
    more[504] = 1
    let pulled = 0
    const source = { next: () => (pulled++ === 0 ? sealHeader(header) : more) }
    expect(() => [...readTar(source)]).toThrow('limit headerSize')
    expect(pulled).toBeLessThan(3000)
  })

  it('stops a source that never ends', () => {
    const zeros = Buffer.alloc(1 << 20)
    const limits = { ...TAR_LIMITS, layerSize: 64 << 20 }
    expect(() => [...readTar({ next: () => zeros }, limits)]).toThrow('limit layerSize')
  })
})
