import { describe, expect, it } from 'vitest'
import { CtrbuildError } from '../../../src/errors.ts'
import { paxHeader, paxRecord, tarHeader } from '../../support/tar-writer.ts'
import { archive, file, GNU, long, patched } from './parts.ts'
import { readAll } from './reading.ts'

describe('what is refused as malformed', () => {
  const link = tarHeader({ name: 'l', typeflag: '2', linkname: 'x' })
  const pax = (...bodies: string[]): Buffer => paxHeader(bodies.map(body => Buffer.from(body, 'latin1')))
  it.each<[string, Buffer, RegExp]>([
    ['a wrong checksum', archive(file('f').fill('x', 0, 1)), /byte 0: the checksum/],
    ['a checksum that is no number', archive(file('f').fill('x', 148, 156)), /checksum/],
    ['an unknown magic', archive(file('f', { magic: 'ustar\x0100' })), /magic/],
    ['a size that is no number', archive(patched(file('f'), 124, '12z')), /size is not a number/],
    ['a negative size', archive(patched(file('f'), 124, '\xff'.repeat(12))), /size is not a number/],
    [
      'a size past 2^53',
      archive(patched(file('f'), 124, '\x80\0\0\0\x7f\0\0\0\0\0\0\0')),
      /size is not a number/,
    ],
    ['a time that is no number', archive(patched(file('f'), 136, 'now')), /time is not a number/],
    ['a device that is no number', archive(patched(file('f'), 337, '1.3')), /device is not a number/],
    ['an entry without name', archive(file('')), /no name/],
    ['a mode that is no number', archive(patched(file('f'), 100, 'rwx')), /mode is not a number/],
    [
      'an owner past 32 bits',
      archive(paxHeader([paxRecord('uid', '4294967295')]), file('f')),
      /4294967295 is no user/,
    ],
    ['a negative pax owner', archive(paxHeader([paxRecord('gid', '-1')]), file('f')), /gid is not a number/],
    [
      'a pax size past 2^53',
      archive(paxHeader([paxRecord('size', '9007199254740993')]), file('f')),
      /size is not/,
    ],
    ['an empty pax size', archive(paxHeader([paxRecord('size', '')]), file('f')), /size is empty/],
    ['an empty pax path', archive(paxHeader([paxRecord('path', '')]), file('f')), /path is empty/],
    ['NUL in a pax path', archive(paxHeader([paxRecord('path', 'a\0b')]), file('f')), /path has a NUL/],
    ['NUL in a pax link', archive(paxHeader([paxRecord('linkpath', 'a\0')]), link), /linkpath has a NUL/],
    ['NUL in a pax keyword', archive(paxHeader([paxRecord('pa\0th', 'a')]), file('f')), /keyword has a NUL/],
    ['NUL in a GNU long name', archive(long('L', 'a\0b'), file('f')), /long name has a NUL/],
    ['a pax record without length', archive(pax('path=x\n'), file('f')), /no length/],
    ['a pax record of no length', archive(pax('0 path=x\n'), file('f')), /malformed/],
    ['a pax record too long', archive(pax('99 path=x\n'), file('f')), /malformed/],
    ['a pax record too short', archive(pax('8 path=x\n'), file('f')), /malformed/],
    ['a pax record without =', archive(pax('9 pathxx\n'), file('f')), /malformed/],
    ['a pax record without key', archive(pax('5 =x\n'), file('f')), /malformed/],
    ['a negative pax length', archive(pax('-9 path=x\n'), file('f')), /no length/],
    ['NUL after pax records', archive(pax('10 path=x\n\0\0'), file('f')), /no length/],
    [
      'base64 that is none',
      archive(paxHeader([paxRecord('LIBARCHIVE.xattr.user.a', 'a*==')]), file('f')),
      /base64/,
    ],
    [
      'half a percent escape',
      archive(paxHeader([paxRecord('LIBARCHIVE.xattr.user.%4', 'aa')]), file('f')),
      /name/,
    ],
    ['an attribute without name', archive(paxHeader([paxRecord('SCHILY.xattr.', 'a')]), file('f')), /name/],
    [
      'two pax headers',
      archive(pax('10 path=x\n'), pax('10 path=y\n'), file('f')),
      /byte 1024: .* two headers/,
    ],
    ['two GNU long names', archive(long('L', 'a'), long('L', 'b'), file('f')), /two headers/],
    [
      'a long name and a pax path that differ',
      archive(long('L', 'a'), pax('10 path=x\n'), file('f')),
      /two different/,
    ],
    ['a global header within', archive(long('L', 'a'), paxHeader([], 'g'), file('f')), /between an entry/],
    ['a link without target', archive(tarHeader({ name: 'l', typeflag: '2' })), /no target/],
    ['a piece of another volume', archive(tarHeader({ name: 'f', typeflag: 'M', magic: GNU })), /typeflag M/],
    ['a lone zero block', archive(Buffer.alloc(512), file('f')), /byte 0: a lone zero block/],
    ['pax headers before the end', archive(pax('10 path=x\n')), /entry was announced/],
    ['a long name before the end', long('L', 'a'), /entry was announced/],
    ['half a header', file('f').subarray(0, 300), /byte 0: .*truncated/],
    ['half a zero block', Buffer.alloc(100), /truncated/],
    [
      'half the content',
      Buffer.concat([file('f'), file('g', { size: 600 }), Buffer.alloc(512)]),
      /byte 512: .*truncated/,
    ],
    [
      'content without padding',
      Buffer.concat([file('f', { size: 3 }), Buffer.from('abc')]),
      /byte 0: .*truncated/,
    ],
    ['half a pax header', pax('10 path=x\n').subarray(0, 515), /byte 0: .*truncated/],
  ])('%s', (_, tar, message) => {
    for (const sizes of [[tar.length], [1]]) {
      const read = (): unknown => readAll(tar, sizes)
      expect(read).toThrow(CtrbuildError)
      expect(read).toThrow(message)
      expect(read).toThrow(expect.objectContaining({ code: 'TAR_INVALID' }))
    }
  })
})
