/** Names that lead elsewhere, that collide, or that are too much of something. */
import { type ByteString, bytesOf } from '../../src/tree/node.ts'
import { paxHeader, paxRecord, type TarInput, tarHeader, writeTar } from '../support/tar-writer.ts'
import { type Case, parentsOf, testCases } from './field.ts'

const f = (path: ByteString, text = 'x'): TarInput => ({ path, type: 'file', content: Buffer.from(text) })
const dir = (path: string): TarInput => ({ path, type: 'dir' })
const OUT = '../'.repeat(6)

function only(path: ByteString, becomes: Case['becomes'], more: Partial<TarInput> = {}): Case {
  return { layers: () => [[{ ...f(path), ...more }]], becomes }
}

/** A file of which a pax header says more. */
function pax(key: string, value: string, becomes: Case['becomes']): Case {
  const tar = [
    paxHeader([paxRecord(key, value)]),
    tarHeader({ name: 'f', typeflag: '0' }),
    Buffer.alloc(1024),
  ]
  return { layers: () => [[], Buffer.concat(tar)], becomes }
}

const LEADS_OUT = /^TAR_INVALID: the path ".*" leads out of its directory by "\.\."/
const ROOT_NOT_DIR = /^TAR_INVALID: the root of the layer \("\/"\) is not a directory/

testCases({
  'dot dot': only('../x', LEADS_OUT),
  'dot dot alone': only('..', LEADS_OUT, { type: 'dir' }),
  'dot dot below the root': only('/../x', LEADS_OUT),
  'dot dot within': only('a/../../x', LEADS_OUT),
  'dot dot that comes back': only('a/../x', LEADS_OUT),
  'dot dot at the end': only('a/..', LEADS_OUT, { type: 'dir' }),
  'dot dot all the way to the folder': { layers: () => [[f(`${OUT}victim/pwn`)]], becomes: LEADS_OUT },
  'the absolute path of the folder': {
    layers: victim => [[dir(victim), f(`${victim}/secret`, 'mine')]],
    becomes: victim => `${parentsOf(`${victim}/secret`)}\nf ${victim}/secret 644 mine`,
  },
  'many slashes and dots': only('//.//./a/.//b', 'd /a 755\nf /a/b 644 x'),
  'dots that are a name': only('.../..x/x..', 'd /... 755\nd /.../..x 755\nf /.../..x/x.. 644 x'),
  backslashes: only('..\\..\\x', 'f /..\\x5c..\\x5cx 644 x'),
  'a drive': only('C:/x', 'd /C: 755\nf /C:/x 644 x'),
  'a name of spaces, dashes and line breaks': only(' -rf\n*', 'f /\\x20-rf\\x0a* 644 x'),
  'an escape sequence': only('\x1b[2J\x07', 'f /\\x1b[2J\\x07 644 x'),
  'bytes that are not UTF-8': only('\xff\xfe', 'f /\\xff\\xfe 644 x'),
  'composed and decomposed letters': {
    layers: () => [[f(bytesOf('\u00fc'), 'one'), f(bytesOf('u\u0308'), 'two')]],
    becomes: 'f /u\\xcc\\x88 644 two\nf /\\xc3\\xbc 644 one',
  },
  'letters that other file systems take for each other': {
    layers: () => [[f('A', 'A'), f('a', 'a'), f('ss', 'ss'), f(bytesOf('\u00df'), 'sz')], [f('.wh.A', '')]],
    becomes: 'f /a 644 a\nf /ss 644 ss\nf /\\xc3\\x9f 644 sz',
  },
  'a name of 255 bytes': only('n'.repeat(255), `f /${'n'.repeat(255)} 644 x`),
  'a name of 256 bytes': only('n'.repeat(256), /^LAYER_LIMIT: .* limit componentBytes of 255/),
  'a path of 5000 bytes': only(`${'abcd/'.repeat(999)}abcde`, /^LAYER_LIMIT: .* limit pathBytes of 4096/),
  '1025 directories': only(`${'d/'.repeat(1025)}f`, /^LAYER_LIMIT: .* more than 1024 directories deep/),
  'a target of 5000 bytes': only('l', /^LAYER_LIMIT: .* limit pathBytes/, {
    type: 'symlink',
    target: 't'.repeat(5000),
  }),
  'NUL in a path': pax('path', 'a\0b', /^TAR_INVALID: .*NUL/),
  'an empty path': pax('path', '', /^TAR_INVALID: .*path is empty/),
  'a symbolic link to nothing': pax('linkpath', '', /^TAR_INVALID: .*linkpath is empty/),
  'a pax header of 2 MiB': pax(
    'comment',
    'c'.repeat(2 << 20),
    /^LAYER_LIMIT: .* limit headerSize of 1048576/,
  ),
  'a negative owner': pax('uid', '-2', /^TAR_INVALID: .*uid is not a number/),
  'an owner that means nobody': only('f', /^TAR_INVALID: .*4294967295 is no user/, { uid: 0xffff_ffff }),
  'an owner past 32 bits': only('f', /^TAR_INVALID: .*4294967296 is no user/, { gid: 2 ** 32 }),
  'a size past 2^63': pax('size', '9223372036854775808', /^TAR_INVALID: .*size is not a number/),
  'a size past the end': pax('size', '1000000', /^TAR_INVALID: .*truncated/),
  'a root that is a file': only('.', ROOT_NOT_DIR, { type: 'file', content: Buffer.alloc(0) }),
  'a root that is a symbolic link': {
    layers: victim => [[{ path: '/.', type: 'symlink', target: victim }], [f('secret')]],
    becomes: ROOT_NOT_DIR,
  },
  'a root that is a hard link': {
    layers: () => [[f('f'), { path: './', type: 'hardlink', target: 'f' }]],
    becomes: /^LAYER_CONFLICT: "\.\/" cannot be a hard link to "f", which it would replace/,
  },
  'a root that is a device': only('.', ROOT_NOT_DIR, { type: 'char' }),
  'an archive of nothing': { layers: () => [writeTar([])], becomes: '' },
  'an archive without an end': {
    layers: () => [writeTar([f('f')]).subarray(0, 1024)],
    becomes: 'f /f 644 x',
  },
  'a checksum that is wrong': {
    layers: () => [writeTar([f('f')]).fill('y', 0, 1)],
    becomes: /^TAR_INVALID: .*checksum/,
  },
})
