import { describe, expect, it } from 'vitest'
import { padded, paxHeader, paxRecord, sealHeader, tarHeader } from '../../support/tar-writer.ts'
import { archive, file, GNU } from './parts.ts'
import { readAll } from './reading.ts'

/** A file of 20 bytes of which `abc` at 4 and `de` at 10 are stored. */
const WANTED = Buffer.from('\0\0\0\0abc\0\0\0de\0\0\0\0\0\0\0\0')
const STORED = padded(Buffer.from('abcde'))

type Pieces = readonly (readonly [offset: number, length: number])[]
const PIECES: Pieces = [
  [4, 3],
  [10, 2],
  [20, 0],
]

const sparse = (key: string, value: number | string): Buffer => paxRecord(`GNU.sparse.${key}`, String(value))

function old(pieces: Pieces, size = 20, more: object = {}): Buffer {
  const header = tarHeader({ name: 'f', typeflag: 'S', size: 5, magic: GNU, ...more })
  writePieces(header, 386, pieces.slice(0, 4))
  header.write(octal(size), 483)
  const blocks: Buffer[] = []
  for (let at = 4; at < pieces.length; at += 21) {
    const block = Buffer.alloc(512)
    writePieces(block, 0, pieces.slice(at, at + 21))
    if (at + 21 < pieces.length) block[504] = 1
    blocks.push(block)
  }
  if (blocks.length > 0) header[482] = 1
  return Buffer.concat([sealHeader(header), ...blocks])
}

function writePieces(block: Buffer, at: number, pieces: Pieces): void {
  for (const [index, [offset, length]] of pieces.entries()) {
    block.write(octal(offset) + octal(length), at + index * 24, 'latin1')
  }
}

function octal(value: number): string {
  return `${value.toString(8).padStart(11, '0')}\0`
}

function version00(pieces: Pieces, size = 20): Buffer {
  const pairs = pieces.flatMap(([offset, length]) => [sparse('offset', offset), sparse('numbytes', length)])
  return Buffer.concat([
    paxHeader([sparse('size', size), sparse('numblocks', pieces.length), ...pairs]),
    file('f', { size: 5 }),
  ])
}

function version01(pieces: Pieces, size = 20): Buffer {
  const records = [
    sparse('size', size),
    sparse('numblocks', pieces.length),
    sparse('name', 'f'),
    sparse('map', String(pieces)),
  ]
  return Buffer.concat([paxHeader(records), file('GNUSparseFile.0/f', { size: 5 })])
}

function version10(
  pieces: Pieces,
  size = 20,
  text = `${[pieces.length, ...pieces.flat()].join('\n')}\n`,
): Buffer {
  const map = padded(Buffer.from(text))
  const records = [sparse('major', 1), sparse('minor', 0), sparse('name', 'f'), sparse('realsize', size)]
  return Buffer.concat([paxHeader(records), file('GNUSparseFile.0/f', { size: 5 + map.length }), map])
}

const VERSIONS = { old, version00, version01, version10 }

describe.each(Object.entries(VERSIONS))('sparse file, %s', (_, make) => {
  it.each([[[1]], [[7]], [[1 << 20]]])('is read in chunks of %j', sizes => {
    const entries = readAll(archive(make(PIECES), STORED, file('next')), sizes)
    expect(entries.map(({ path, type, size }) => [path, type, size])).toEqual([
      ['f', 'file', 20],
      ['next', 'file', 0],
    ])
    expect(entries[0]!.content).toEqual(WANTED)
  })

  it('may have many pieces', () => {
    const pieces: Pieces = Array.from({ length: 60 }, (_, index) => [index * 10, index < 5 ? 1 : 0])
    const [entry] = readAll(archive(make(pieces, 1000), STORED))
    expect(entry!.content.toString('latin1')).toBe(
      [...'abcde']
        .map(letter => letter.padEnd(10, '\0'))
        .join('')
        .padEnd(1000, '\0'),
    )
  })

  it.each<[string, Pieces, RegExp]>([
    [
      'overlap',
      [
        [4, 3],
        [6, 2],
      ],
      /overlap/,
    ],
    [
      'are out of order',
      [
        [10, 3],
        [4, 2],
      ],
      /overlap/,
    ],
    [
      'pass the end',
      [
        [4, 3],
        [19, 2],
      ],
      /overlap/,
    ],
    ['are too short in sum', [[4, 3]], /3 bytes, 5 are stored/],
    [
      'are too long in sum',
      [
        [4, 3],
        [10, 3],
      ],
      /6 bytes, 5 are stored/,
    ],
  ])('is refused if its pieces %s', (_, pieces, message) => {
    expect(() => readAll(archive(make(pieces), STORED))).toThrow(message)
  })
})

it.each<[string, Buffer, RegExp]>([
  ['a number that is none', archive(version10(PIECES, 20, '1\nx\n5\n'), STORED), /decimal lines/],
  ['an empty number', archive(version10(PIECES, 20, '1\n\n5\n'), STORED), /decimal lines/],
  [
    'more pieces than there is room for',
    archive(version10(PIECES, 20, '9999\n'), STORED),
    /decimal lines|longer/,
  ],
  [
    'a count past every number',
    archive(version10(PIECES, 20, `${'9'.repeat(511)}\n`), STORED),
    /decimal lines|longer/,
  ],
  ['no size', archive(paxHeader([sparse('map', '4,3')]), file('f', { size: 5 }), STORED), /no size/],
  [
    'no map',
    archive(paxHeader([sparse('name', 'f'), sparse('size', 5)]), file('f', { size: 5 }), STORED),
    /pieces as it says/,
  ],
  [
    'half a piece',
    archive(paxHeader([sparse('size', 20), sparse('map', '4,5,9')]), file('f', { size: 5 }), STORED),
    /overlap/,
  ],
  [
    'a comma too many',
    archive(paxHeader([sparse('size', 20), sparse('map', '4,5,')]), file('f', { size: 5 }), STORED),
    /map is not a/,
  ],
  [
    'numbers out of turn',
    archive(paxHeader([sparse('size', 20), sparse('numbytes', 5)]), file('f', { size: 5 }), STORED),
    /numbytes/,
  ],
  [
    'an unknown version',
    archive(paxHeader([sparse('size', 20), sparse('major', 2), sparse('minor', 0)]), file('f')),
    /version/,
  ],
  [
    'two maps',
    archive(
      paxHeader([sparse('map', '0,5'), sparse('size', 5), sparse('major', 1), sparse('minor', 0)]),
      file('f'),
    ),
    /two maps/,
  ],
  ['an unknown record', archive(paxHeader([sparse('holes', 1)]), file('f')), /holes/],
  ['a global record', archive(paxHeader([sparse('size', 1)], 'g'), file('f')), /global/],
  [
    'a map for a directory',
    archive(paxHeader([sparse('size', 0), sparse('numblocks', 0)]), file('d/')),
    /no file/,
  ],
  ["typeflag S under ustar's magic", archive(old(PIECES, 20, { magic: 'ustar\x0000' }), STORED), /not GNU/],
])('a sparse file is refused for %s', (_, tar, message) => {
  const read = (): unknown => readAll(tar)
  expect(read).toThrow(message)
  expect(read).toThrow(expect.objectContaining({ code: 'TAR_INVALID' }))
})

it('an old sparse map ends with an empty piece', () => {
  const header = old([[0, 5]], 5)
  header.write('00000000007\0', 386 + 24, 'latin1')
  expect(() => readAll(archive(sealHeader(header), STORED))).toThrow('no length')
})

it('a sparse file may be one hole', () => {
  const tar = archive(paxHeader([sparse('size', 700_000), sparse('numblocks', 0)]), file('f'))
  expect(readAll(tar)[0]!.content.equals(Buffer.alloc(700_000))).toBe(true)
})
