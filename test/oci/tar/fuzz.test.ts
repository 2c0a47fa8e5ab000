import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CtrbuildError } from '../../../src/errors.ts'
import { TAR_LIMITS } from '../../../src/oci/tar/limits.ts'
import { readTar } from '../../../src/oci/tar/reader.ts'
import { padded, paxHeader, paxRecord, sealHeader, tarHeader, writeTar } from '../../support/tar-writer.ts'
import { archive, file, GNU, long } from './parts.ts'
import { chunked, piecesOf } from './reading.ts'

const sparseHeader = tarHeader({ name: 's', typeflag: 'S', size: 512, magic: GNU })
sparseHeader.write(`00000001000\x0000000001000\x00`, 386, 'latin1')
sparseHeader.write('00000010000\0', 483, 'latin1')

/** One of everything, all headers and bodies of at most a few blocks. */
const SEED = archive(
  paxHeader([paxRecord('uid', '5'), paxRecord('SCHILY.xattr.user.g', 'v')], 'g'),
  writeTar([
    { path: 'd/', type: 'dir' },
    {
      path: `${'p'.repeat(90)}/${'n'.repeat(90)}`,
      type: 'file',
      content: Buffer.alloc(700, 'c'),
      uid: 3_000_000,
    },
    { path: 'l', type: 'symlink', target: 't'.repeat(150), xattrs: [['user.x', Buffer.from([1, 0, 255])]] },
    { path: 'c', type: 'char' },
  ]).subarray(0, -1024),
  long('L', `${'long/'.repeat(40)}\0`),
  long('K', 'target\0'),
  tarHeader({ name: 'h', typeflag: '1', linkname: 'x', magic: GNU }),
  sealHeader(sparseHeader),
  Buffer.alloc(512, 's'),
  paxHeader([
    paxRecord('GNU.sparse.major', '1'),
    paxRecord('GNU.sparse.minor', '0'),
    paxRecord('GNU.sparse.realsize', '2000'),
  ]),
  file('GNUSparse/x', { size: 1024 }),
  padded(Buffer.from('1\n100\n512\n')),
  Buffer.alloc(512, 'z'),
  file('last'),
)

const LIMITS = { ...TAR_LIMITS, layerSize: 64 << 20 }
const change = fc.record({
  at: fc.nat(SEED.length - 1),
  byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 0x20, 0x30, 0x37, 0x39, 0x80, 0xff)),
})
const changes = fc.array(change, { minLength: 1, maxLength: 4 })

/** Half of the archives get their checksums made right again, so that the change is seen by what comes after. */
function changed(list: readonly { at: number; byte: number }[], isSealed: boolean): Buffer {
  const tar = Buffer.from(SEED)
  for (const { at, byte } of list) {
    tar[at] = byte
    const block = tar.subarray(at - (at % 512), at - (at % 512) + 512)
    if (isSealed && block.includes('ustar')) sealHeader(block)
  }
  return tar
}

function outcome(tar: Buffer, size: number): unknown {
  try {
    for (const entry of readTar(chunked(tar, [size]), LIMITS))
      for (const piece of piecesOf(entry.body)) void piece
    return undefined
  } catch (error) {
    return error
  }
}

it('the archive to be damaged is whole', () => {
  expect(outcome(SEED, 512)).toBeUndefined()
})

it('a damaged archive is read or refused, quickly, and nothing else', () => {
  let read = 0
  fc.assert(
    fc.property(changes, fc.boolean(), fc.integer({ min: 1, max: 5000 }), (list, isSealed, size) => {
      const began = performance.now()
      const error = outcome(changed(list, isSealed), size)
      expect(performance.now() - began).toBeLessThan(60_000)
      if (error === undefined) read++
      else expect(error).toBeInstanceOf(CtrbuildError)
    }),
    { numRuns: 500, seed: 20_260_101 },
  )
  expect(read).toBeGreaterThan(50)
  expect(read).toBeLessThan(450)
})

it('an archive cut anywhere is read or refused as truncated', () => {
  for (let length = 0; length < SEED.length; length += 61) {
    const error = outcome(SEED.subarray(0, length), 4096)
    if (length % 512 !== 0) expect(error).toMatchObject({ code: 'TAR_INVALID' })
    else expect(error === undefined || error instanceof CtrbuildError).toBe(true)
  }
})
